const OFFSET = 5;
const MARGIN = 1.05;
const RESERVED_SHARE = 0.002;
const LEAST_RESERVED_TOKENS = 20;

/**
 * The number of targets that the Thousand Validators backend gave a nominator, as arithmetic: the most
 * elected validators, from the sixth smallest on, whose total stakes its balance would cover, and 5 % more.
 * In floats, as there. Its oddities are kept (a balance below 20 tokens gives 2, one of 100 gives 1). Its
 * endless loop over a short list is not: the balance then covers the whole list.
 *
 * @param balanceTokens free and reserved of the stash, in tokens
 * @param electedTokens total stakes of the elected validators, in tokens, in any order
 * @param most limit of the chain: 24 on Kusama, 16 on Polkadot
 */
export function count1kv(balanceTokens: number, electedTokens: readonly number[], most: number): number {
  const buffered = balanceTokens - Math.max(balanceTokens * RESERVED_SHARE, LEAST_RESERVED_TOKENS);
  const sorted = electedTokens.filter((total) => total > 0).sort((a, b) => a - b);
  const count = Math.min(Math.ceil(covered(sorted, buffered) * MARGIN), most);
  return count === 0 ? 1 : count;
}

function covered(sorted: readonly number[], buffered: number): number {
  // The reference's loop does not run at all here, and its counter is 1.
  if (buffered <= 0) return 1;
  let [sum, count] = [0, 0];
  for (const total of sorted.slice(OFFSET)) {
    sum += total;
    if (sum >= buffered) break;
    count += 1;
  }
  return count;
}
