import { type Fact, known } from '../../facts/fact.ts';
import type { CandidateRecord } from '../../snapshot/record-shapes.ts';
import type { Electorate } from './electorate.ts';
import type { EraExposures } from './exposures.ts';

type Backing = Extract<CandidateRecord['backing'], { readonly known: true }>['value'];

/**
 * Nominators of each candidate with their bonds; active ones are in the exposure of the era. A nominator that
 * has left since counts with its part of the exposure.
 */
export function backingsOf(
  candidates: readonly string[],
  electorate: Fact<Electorate>,
  exposures: Fact<EraExposures>,
): ReadonlyMap<string, Fact<Backing>> {
  if (!electorate.known) return new Map(candidates.map((stash) => [stash, electorate]));
  if (!exposures.known) return new Map(candidates.map((stash) => [stash, exposures]));
  const wanted = new Set(candidates);
  const nominating = new Map<string, Map<string, bigint>>(candidates.map((stash) => [stash, new Map()]));
  const bonded = new Map(electorate.value.nominators.map((each) => [each.who, each.bonded]));
  for (const { who, targets, bonded: amount } of electorate.value.nominators)
    for (const target of targets) if (wanted.has(target)) nominating.get(target)?.set(who, amount);
  return new Map(
    candidates.map((stash) => {
      const active = exposures.value.backers.get(stash) ?? known([], 'staking');
      if (!active.known) return [stash, active];
      const standing = new Map(active.value.map(({ who, value }) => [who, bonded.get(who) ?? value]));
      const inactive = [...(nominating.get(stash) ?? [])].filter(([who]) => !standing.has(who));
      return [
        stash,
        known(
          {
            active: backersOf(standing),
            inactive: backersOf(inactive),
          },
          'staking',
        ),
      ];
    }),
  );
}

function backersOf(each: Iterable<readonly [string, bigint]>): { who: string; bonded: bigint }[] {
  return [...each].map(([who, bonded]) => ({ who, bonded })).sort(byWho);
}

function byWho(a: { readonly who: string }, b: { readonly who: string }): number {
  return a.who < b.who ? -1 : 1;
}
