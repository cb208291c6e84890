// Whether a command printed the output that a page shows under it.

/** `…` stands for the rest of a line, and a line of `…` alone for any lines. */
export function isShownAs(shown: string, printed: string): boolean {
  return patternOf(equalised(shown)).test(`${equalised(printed)}\n`);
}

/** Ids, times, slots and widths of columns differ between two runs. */
function equalised(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/\b\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z| UTC)?/g, 'TIME')
    .replace(/\w{3},? (?:\w{3} +\d+|\d+ \w{3} \d{4}) [\d:]+ (?:UTC \d{4}|GMT)/g, 'TIME')
    .replace(/\w{3} +\d+ [\d:]+ \d{4} GMT/g, 'TIME')
    .replace(/0x[0-9a-f]{4,8}…[0-9a-f]{4,6}/g, 'SHORT')
    .replace(/(?<![0-9a-f])[0-9a-f]{12,64}(?![0-9a-f])/g, 'ID')
    .replace(/\(process \d+\)/g, '(process N)')
    .replace(/(?<![0-9a-z])\d{10}\b/g, 'SLOT')
    .replace(/ +/g, ' ')
    .replace(/ $/gm, '')
    .trim();
}

function patternOf(shown: string): RegExp {
  const lines = shown.split('\n').map((line) => {
    if (line.trim() === '…') return '(?:.*\n)*?';
    return `${line.split('…').map(escaped).join('.*')}\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
