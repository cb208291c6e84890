import { rankOf } from '../../history/rank.ts';
import { checkCandidates, scoreCandidates } from '../../operations/judge.ts';
import { type Programme, programmeDigest } from '../../rounds/programme.ts';
import type { LoadedModule } from '../../rounds/start.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ProgrammeStore, Standing } from '../../storage/port.ts';
import { standingOf } from '../../storage/standing.ts';
import { readNote } from '../notes.ts';
import { allStandings } from './all.ts';

/** How many candidates were judged, and how many of them are valid. */
export interface StandingsMade {
  readonly count: number;
  readonly valid: number;
}

export interface StandingsParts {
  readonly store: ProgrammeStore;
  readonly programme: Programme;
  readonly modules: readonly LoadedModule[];
}

/** Judges and scores every candidate of a stored snapshot, and replaces the standings. */
export async function makeStandings(
  parts: StandingsParts,
  snapshot: Snapshot,
  digest: string,
): Promise<StandingsMade> {
  const rows = await standingsOf(parts, snapshot);
  const { eras, takenAtMs } = snapshot;
  const session = eras.session.known ? eras.session.value : null;
  const of = { snapshot: digest, takenAtMs, programme: programmeDigest(parts.programme), session };
  await parts.store.standings.replace(of, rows);
  return { count: rows.length, valid: rows.filter(({ verdict }) => verdict === 'valid').length };
}

async function standingsOf(
  { store, programme, modules }: StandingsParts,
  snapshot: Snapshot,
): Promise<readonly Standing[]> {
  const inputs = { snapshot, programme, modules };
  const checked = checkCandidates(inputs);
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('; '));
  const scored = scoreCandidates(inputs);
  // Without a seed there are no scores, but verdicts remain.
  const scores = new Map((scored.ok ? scored.result.scores : []).map((score) => [score.stashKey, score]));
  const before = new Map((await allStandings(store)).map((one) => [one.stashKey, one]));
  const active = await activeNow(store, snapshot);
  return checked.result.flatMap((one, at): Standing[] => {
    const record = snapshot.candidates[at];
    if (record === undefined) return [];
    const { candidate, history } = record;
    const score = scores.get(one.stashKey) ?? null;
    const last = before.get(one.stashKey);
    return [
      standingOf(one, candidate, score, {
        rank: rankOf(history, programme.rank).rank,
        active: active?.has(one.stashKey) ?? null,
        lastValidMs: one.verdict === 'valid' ? snapshot.takenAtMs : (last?.lastValidMs ?? null),
        lastSettled: one.verdict === 'undecided' ? record.lastSettled : one.verdict,
      }),
    ];
  });
}

/** Computed with each snapshot, never kept from an earlier one. */
async function activeNow(store: ProgrammeStore, { eras }: Snapshot): Promise<ReadonlySet<string> | null> {
  const sets = new Map(await readNote(store, 'active'));
  const set = eras.active.known ? sets.get(eras.active.value) : undefined;
  return set === undefined ? null : new Set(set);
}
