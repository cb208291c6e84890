/** The key of candidate, nominator or other account number `n`. */
export function accountOf(kind: 'candidate' | 'nominator' | 'controller' | 'holder', n: number): string {
  const mark = { candidate: 'c0', nominator: 'e0', controller: 'd0', holder: '40' }[kind];
  return `0x${mark}${n.toString(16).padStart(62, '0')}`;
}
