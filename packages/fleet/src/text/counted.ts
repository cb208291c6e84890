/** One thing or several, in words: `1 candidate`, `3 candidates`; `many` where it is more than an `s`. */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count} ${Number(count) === 1 ? one : many}`;
}
