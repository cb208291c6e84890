/**
 * A number with its noun: `1 candidate`, `3 candidates`. `many` is for nouns whose plural is not `one` and an
 * `s`.
 */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count} ${Number(count) === 1 ? one : many}`;
}
