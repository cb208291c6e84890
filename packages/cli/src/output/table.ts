/** A table for people: columns as wide as their widest cell, two spaces between, no trailing space. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = [headers, ...rows].map((row) => headers.map((_, column) => printable(row[column] ?? '')));
  const widths = headers.map((_, column) => Math.max(...clean.map((row) => (row[column] ?? '').length)));
  return clean
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Text from a service without control characters, so that it cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

/** `0x1234…cdef` for long hexadecimal texts; others as they are. */
export function shortHex(text: string): string {
  return /^0x[0-9a-f]{17,}$/.test(text) ? `${text.slice(0, 10)}…${text.slice(-6)}` : text;
}
