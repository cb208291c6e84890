import { type GoRandom, goRandom } from '../go-random/index.ts';
import { uniqueOperators } from './operators.ts';
import { drawSeed } from './seed.ts';

/**
 * The operators in the order of the window's shuffle. The first one leads; RFC 12 makes no use of the others.
 * `seed` is the window's, 32 bytes.
 */
export function shuffledOperators(seed: Uint8Array, operators: readonly string[]): readonly string[] {
  return shuffleSorted(goRandom(drawSeed(seed)), uniqueOperators(operators));
}

/** The same for operators that are unique and sorted already; the generator must be fresh. */
export function shuffleSorted(random: GoRandom, sorted: readonly string[]): readonly string[] {
  const order = [...sorted];
  random.shuffle(order.length, (i, j) => {
    const [a, b] = [order[i] as string, order[j] as string];
    order[i] = b;
    order[j] = a;
  });
  return order;
}
