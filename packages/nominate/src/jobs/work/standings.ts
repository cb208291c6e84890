import { counted } from '@watchbill/base';
import { rankOf } from '../../history/rank.ts';
import { checkCandidates, scoreCandidates } from '../../operations/judge.ts';
import { programmeDigest } from '../../rounds/programme.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Standing } from '../../storage/port.ts';
import { standingOf } from '../../storage/standing.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote } from '../notes.ts';
import { allStandings } from './all.ts';

const MINUTE_MS = 60_000;

/** Judges and scores every candidate of the newest snapshot, for pages and the API. */
export const standingsJob: Job = {
  name: 'standings',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot', 'history'],
  run: async (context) => {
    const { store, settings, world } = context;
    const newest = await store.snapshots.newest();
    const of = await store.standings.of();
    const programme = programmeDigest(settings.programme);
    if (newest === null) return 'there is no snapshot yet';
    if (of?.snapshot === newest.digest && of.programme === programme)
      return 'no snapshot since the last time';
    const snapshot = await world.desk.whole(newest.digest);
    if (snapshot === null) return 'the newest snapshot cannot be read';
    const rows = await standingsOf(context, snapshot);
    const { session } = snapshot.eras;
    await store.standings.replace(
      {
        snapshot: newest.digest,
        takenAtMs: newest.takenAtMs,
        programme,
        session: session.known ? session.value : null,
      },
      rows,
    );
    const valid = rows.filter(({ verdict }) => verdict === 'valid').length;
    return `${valid} of ${counted(rows.length, 'candidate is', 'candidates are')} valid`;
  },
};

async function standingsOf(
  { store, settings }: JobContext,
  snapshot: Snapshot,
): Promise<readonly Standing[]> {
  const inputs = { snapshot, programme: settings.programme, modules: settings.modules };
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
        rank: rankOf(history, settings.programme.rank).rank,
        active: active?.has(one.stashKey) ?? null,
        lastValidMs: one.verdict === 'valid' ? snapshot.takenAtMs : (last?.lastValidMs ?? null),
        lastSettled: one.verdict === 'undecided' ? record.lastSettled : one.verdict,
      }),
    ];
  });
}

/** Computed with each snapshot, never kept from an earlier one. */
async function activeNow(
  store: JobContext['store'],
  { eras }: Snapshot,
): Promise<ReadonlySet<string> | null> {
  const sets = new Map(await readNote(store, 'active'));
  const set = eras.active.known ? sets.get(eras.active.value) : undefined;
  return set === undefined ? null : new Set(set);
}
