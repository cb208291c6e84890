/** Words of a command line for systemd: `%`, `$`, quotes and backslashes are escaped. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => (/^[A-Za-z0-9_./:=@,+-]+$/.test(word) ? word : `"${escaped(word)}"`)).join(' ');
}

/** `"NAME=value"`. In a variable of a unit a `$` is an ordinary character. */
export function variable(name: string, value: string): string {
  return `"${name}=${escaped(value).replaceAll('$$', '$')}"`;
}

function escaped(word: string): string {
  return word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('$', '$$$$')
    .replaceAll('%', '%%')
    .replaceAll('\n', '\\n');
}
