/**
 * Changes amounts as little as possible so that they add up to `target`, as the runtime distributes the
 * remainder of a division (`sp_arithmetic::normalize`). Raises the smallest to their fair part first, or
 * lowers the largest.
 */
export function normalize(amounts: readonly bigint[], target: bigint): readonly bigint[] {
  const sum = amounts.reduce((total, amount) => total + amount, 0n);
  if (amounts.length === 0 || sum === target) return amounts;
  const sorted = amounts
    .map((amount, at) => ({ amount, at }))
    .sort((a, b) => compare(a.amount, b.amount) || a.at - b.at);
  if (target > sum) raise(sorted, target - sum, target / BigInt(amounts.length));
  else lower(sorted, sum - target);
  return sorted.sort((a, b) => a.at - b.at).map(({ amount }) => amount);
}

interface Item {
  amount: bigint;
  readonly at: number;
}

/**
 * Steps of an equal part first, then of one planck; each goes to the smallest that is still below its fair
 * part.
 */
function raise(sorted: Item[], missing: bigint, fair: bigint): void {
  let at = 0;
  const add = (step: bigint) => {
    const item = sorted[at];
    if (item === undefined) return;
    item.amount += step;
    if (item.amount >= fair) at = (at + 1) % sorted.length;
  };
  const [step, rest] = split(missing, sorted.length);
  if (step > 0n) for (let i = 0; i < sorted.length; i++) add(step);
  for (let left = rest; left > 0n; left--) add(1n);
}

/** The same downwards. If one item is too small, the others cover the rest, one planck at a time. */
function lower(sorted: Item[], excess: bigint): void {
  const floor = sorted[0]?.amount ?? 0n;
  let at = sorted.length - 1;
  const next = () => {
    at = at === 0 ? sorted.length - 1 : at - 1;
  };
  const [step, rest] = split(excess, sorted.length);
  let left = rest;
  if (step > 0n) {
    for (let i = 0; i < sorted.length; i++) {
      const item = sorted[at];
      if (item === undefined) return;
      const taken = smaller(item.amount, step);
      item.amount -= taken;
      left += step - taken;
      if (item.amount <= floor) next();
    }
  }
  while (left > 0n) {
    const item = sorted[at];
    if (item === undefined) return;
    if (item.amount === 0n) next();
    else {
      item.amount -= 1n;
      left -= 1n;
      if (item.amount <= floor) next();
    }
  }
}

function split(total: bigint, count: number): readonly [bigint, bigint] {
  return [total / BigInt(count), total % BigInt(count)];
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
