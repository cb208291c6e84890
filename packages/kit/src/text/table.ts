import { visible } from './visible.ts';

/**
 * A table for people: columns as wide as their widest cell, two spaces between, no trailing space. Cells are
 * made safe to print.
 */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = [headers, ...rows].map((row) => headers.map((_, column) => visible(row[column] ?? '')));
  const widths = headers.map((_, column) => Math.max(...clean.map((row) => (row[column] ?? '').length)));
  return clean
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
