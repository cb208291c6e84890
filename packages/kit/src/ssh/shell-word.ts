/** One word of a command for a POSIX shell, whatever is in it; a plain one stays as it is. */
export function shellWord(text: string): string {
  if (text.includes('\0')) throw new TypeError('a word of a shell holds no zero byte');
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
