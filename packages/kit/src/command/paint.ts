import { visible } from '../index.ts';

/** Colours by ANSI codes. Widths are taken before painting, so paint last. */
function paint(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

/** Exactly `width` columns: cut with a space at the end, or filled. */
export function pad(text: string, width: number): string {
  return text.length < width ? text.padEnd(width) : `${text.slice(0, width - 1)} `;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const PAINT = /\u001b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, kept by split
const PAINT_OR_TEXT = /(\u001b\[[0-9;]*m)/;

/**
 * The text with its colours, and with hidden characters between them written out: names come from the
 * service.
 */
export function visiblePaint(text: string): string {
  const parts = text.split(PAINT_OR_TEXT);
  return parts.map((part) => (PAINT_OR_TEXT.test(part) ? part : visible(part))).join('');
}

/** The text without its colours. */
export function unpainted(text: string): string {
  return text.replace(PAINT, '');
}

/** The text cut to `width` columns without cutting a colour, and without any where `colour` is false. */
export function fit(text: string, width: number, colour: boolean): string {
  const plain = unpainted(text);
  if (!colour) return plain.slice(0, width);
  if (plain.length <= width) return text;
  let left = width;
  const parts = text.split(PAINT_OR_TEXT).map((part) => {
    if (part.startsWith('\u001b')) return part;
    const shown = part.slice(0, left);
    left -= shown.length;
    return shown;
  });
  return parts.join('');
}
