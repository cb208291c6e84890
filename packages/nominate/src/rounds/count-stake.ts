/**
 * The number of targets that a bonded stake can carry: the most of the smallest elected validators whose
 * total stakes it covers, at least one. In planck, from the bond only; more stake never gives fewer.
 */
export function countByStake(active: bigint, electedTotals: readonly bigint[], most: number): number {
  const sorted = electedTotals.filter((total) => total > 0n).sort((a, b) => (a < b ? -1 : Number(a > b)));
  let [sum, count] = [0n, 0];
  for (const total of sorted) {
    sum += total;
    if (sum > active || count >= most) break;
    count += 1;
  }
  return Math.max(1, Math.min(count, most));
}
