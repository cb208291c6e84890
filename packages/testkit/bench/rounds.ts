import { median } from './statistics.ts';

/**
 * Run two measurements in turn, a number of rounds, and change their order every round: a machine that gets
 * slower or faster meanwhile does it to both.
 */
export async function inTurn<First, Second>(
  rounds: number,
  first: () => Promise<First>,
  second: () => Promise<Second>,
): Promise<readonly { readonly first: First; readonly second: Second }[]> {
  const results: { first: First; second: Second }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) results.push({ first: await first(), second: await second() });
    else {
      const later = await second();
      results.push({ first: await first(), second: later });
    }
  }
  return results;
}

/** The items in the order of a round: as they are given in even rounds, reversed in odd ones. */
export function orderOf<Item>(round: number, items: readonly Item[]): readonly Item[] {
  return round % 2 === 0 ? items : items.toReversed();
}

/** The median of each number over the rounds; a count of samples is summed. */
export function overRounds<Figures extends { readonly samples: number }>(
  rounds: readonly Figures[],
): Figures {
  const [first] = rounds;
  if (first === undefined) throw new Error('there was no round');
  const entries = Object.keys(first).map((name) => {
    const values = rounds.map((round) => Number(round[name as keyof Figures]));
    return [name, name === 'samples' ? values.reduce((sum, value) => sum + value, 0) : median(values)];
  });
  return Object.fromEntries(entries) as Figures;
}
