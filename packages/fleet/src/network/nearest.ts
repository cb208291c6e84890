/** The candidate closest to a misspelt word, or null where none is close. A swap of neighbours counts as one slip. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const reach = Math.max(2, Math.floor(word.length / 3));
  let best: { readonly name: string; readonly slips: number } | null = null;
  for (const name of candidates) {
    const slips = slipsBetween(word.toLowerCase(), name.toLowerCase());
    if (slips <= reach && slips < name.length && (best === null || slips < best.slips))
      best = { name, slips };
  }
  return best?.name ?? null;
}

function slipsBetween(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= right.length; column++) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + changed,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(left.length, right.length);
}
