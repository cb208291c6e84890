/**
 * Names of (chain, key, duty), made once and kept. Every grant looks up several maps by them; a text that is
 * joined anew would be copied and hashed for each lookup.
 */
export type Naming = (chain: string, key: string, duty: string) => string;

/**
 * Names kept by one naming: about 4 MB. A claim may name any key, so beyond this all are forgotten; a ledger
 * with more keys makes each name anew.
 */
const MAX_NAMES = 16_384;

export function keepNames(make: Naming): Naming {
  // Keys come last: there are many of them, and few duties and chains, so there are few maps.
  const duties = new Map<string, Map<string, Map<string, string>>>();
  let count = 0;
  return (chain, key, duty) => {
    const known = duties.get(duty)?.get(chain)?.get(key);
    if (known !== undefined) return known;
    if (count >= MAX_NAMES) {
      duties.clear();
      count = 0;
    }
    const name = make(chain, key, duty);
    inner(inner(duties, duty), chain).set(key, name);
    count += 1;
    return name;
  };
}

function inner<Value>(outer: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const found = outer.get(name) ?? new Map<string, Value>();
  outer.set(name, found);
  return found;
}

/** The name of a mark in memories and ledgers: `CHAIN/KEY/DUTY`. */
export const markName: Naming = keepNames((chain, key, duty) => `${chain}/${key}/${duty}`);
