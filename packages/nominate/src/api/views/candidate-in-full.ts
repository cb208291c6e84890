import type { Standing } from '../../storage/port.ts';
import { readKey } from '../reading/snapshot-facts.ts';
import type { Site } from '../site.ts';
import { candidateOf } from './candidate.ts';
import { factsOf } from './facts.ts';
import { hintsOf } from './hints.ts';
import { explanationOf } from './round.ts';

const MOST_ROUNDS = 20;

/** Finds a standing by stash, slot or name; null if there is none. */
export async function standingOf({ reader }: Site, who: string): Promise<Standing | null> {
  const facts = await reader.facts();
  const key = facts?.keyOf(who) ?? readKey(who);
  return key === null ? null : reader.ask(({ standings }) => standings.get(key));
}

/**
 * All data about one candidate; null if there is none. The number of queries does not depend on the number of
 * candidates.
 */
export async function candidateInFull(site: Site, who: string) {
  const { reader } = site;
  const standing = await standingOf(site, who);
  if (standing === null) return null;
  const { stashKey } = standing;
  const [of, facts, newest, histories, nominatedIn, hints] = await Promise.all([
    reader.standingsOf(),
    reader.facts(),
    reader.newestRound(),
    reader.ask(({ history }) => history.of([stashKey])),
    reader.ask(({ rounds }) => rounds.nominating(stashKey, MOST_ROUNDS)),
    hintsOf(reader),
  ]);
  const record = facts?.record(stashKey) ?? null;
  const round = newest === null ? null : await reader.round(newest.id);
  const history = histories.get(stashKey);
  return {
    ...candidateOf(standing),
    of,
    lastSettled: standing.lastSettled,
    handles: [...(record?.candidate.handles ?? [])],
    networkIds: [...(record?.candidate.networkIds ?? [])],
    hints: hints.filter((each) => each.stashKey === stashKey).map(({ stashKey: _of, ...hint }) => hint),
    kusamaStash: record?.candidate.kusamaStash ?? null,
    facts:
      facts === null || record === null
        ? []
        : factsOf(facts, record).map((one) => ({ ...one, block: one.block?.toString() ?? null })),
    round: round === null ? null : explanationOf(round, stashKey),
    history: {
      faults: [...(history?.faults ?? [])],
      periods: [...(history?.periods ?? [])],
      earlier: history?.earlier ?? null,
    },
    nominatedIn,
  };
}

export type CandidateInFull = NonNullable<Awaited<ReturnType<typeof candidateInFull>>>;
