import { visible } from './visible.ts';

/** Characters of two columns in a terminal: East Asian scripts, full-width forms and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Those that add to the character before them. */
const JOINED = /^(?:\p{Mn}|\p{Me}|\u200d|\ufe0f)/u;

/** Columns of a terminal that a text without hidden characters takes. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columnCount = 0;
  // Made here, since the first one takes 15 ms, and most texts need none.
  for (const { segment } of new Intl.Segmenter('en').segment(text))
    if (!JOINED.test(segment)) columnCount += WIDE.test(segment) ? 2 : 1;
  return columnCount;
}

/**
 * Rows for people without a head: columns as wide as their widest cell, two spaces between, no trailing
 * space. Hidden characters are written out.
 */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) =>
    row.map((text) => ({ shown: visible(text), width: widthOf(visible(text)) })),
  );
  const widths: number[] = [];
  for (const row of cells)
    for (const [at, { width }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, width);
  return cells
    .map((row) => row.map(({ shown, width }, at) => shown + ' '.repeat((widths[at] ?? 0) - width)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** The same below a head. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return columns([headers, ...rows.map((row) => headers.map((_, column) => row[column] ?? ''))]);
}
