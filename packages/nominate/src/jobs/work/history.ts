import { counted } from '@watchbill/base';
import { cutHistory } from '../../history/cut.ts';
import { type FaultRules, faultsBetween, missedPoints } from '../../history/faults.ts';
import { mergePeriods, periodsOf } from '../../history/rank.ts';
import type { Fault } from '../../snapshot/history-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';
import { countsFor, type IncludedNomination, keepIncluded } from './included-transactions.ts';
import { addFresh, takeReported } from './reported.ts';

const MINUTE_MS = 60_000;
/** Eras to check for missed points; earlier runs checked older ones. */
const RECENT_ERAS = 4;

/**
 * Faults and periods of every candidate: from changes between two snapshots, from points, and from events of
 * the chain.
 */
export const historyJob: Job = {
  name: 'history',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot'],
  run: async (context) => {
    const { store, settings, world } = context;
    const newest = await store.snapshots.newest();
    const before = await readNote(store, 'history of');
    if (newest === null || newest.digest === before) return 'no snapshot since the last time';
    const after = await world.desk.whole(newest.digest);
    if (after === null) return 'the newest snapshot is gone';
    const found = await foundBetween(context, before === null ? null : await world.desk.whole(before), after);
    const books = await store.history.of(after.candidates.map(({ candidate }) => candidate.stashKey));
    let added = 0;
    for (const [stashKey, faults] of found)
      added += await addFresh(store, stashKey, books.get(stashKey)?.faults ?? [], faults);
    const reported = await takeReported(context, after);
    added += reported.added;
    await keepPeriods(context, after);
    await writeNote(store, 'history of', newest.digest);
    const count = after.candidates.length;
    return `${counted(added, 'new fault')} of ${counted(count, 'candidate')}, rank by ${settings.programme.rank.version}${reported.lacks}`;
  },
};

type Found = Map<string, Fault[]>;

function push(found: Found, stashKey: string, faults: readonly Fault[]): void {
  found.set(stashKey, [...(found.get(stashKey) ?? []), ...faults]);
}

async function foundBetween(
  { store, settings: { faultRules } }: JobContext,
  before: Snapshot | null,
  after: Snapshot,
): Promise<Found> {
  const found: Found = new Map();
  const was = new Map(before?.candidates.map((record) => [record.candidate.stashKey, record]));
  const keys = after.candidates.map(({ candidate }) => candidate.stashKey);
  const books = await store.history.of(keys);
  for (const record of after.candidates) {
    const { stashKey } = record.candidate;
    const earlier = was.get(stashKey);
    if (before === null || earlier === undefined) continue;
    const [from, to] = [
      { snapshot: before, record: earlier },
      { snapshot: after, record },
    ];
    push(found, stashKey, faultsBetween(from, to, faultRules, books.get(stashKey)?.faults));
  }
  for (const [stashKey, fault] of await pointFaults(store, after, faultRules)) push(found, stashKey, [fault]);
  return found;
}

/** An elected validator without points has no row of points, so the exposures provide it. */
async function pointFaults(
  store: JobContext['store'],
  { eras: { active }, candidates, takenAtMs }: Snapshot,
  rules: FaultRules,
): Promise<readonly (readonly [string, Fault])[]> {
  if (!active.known) return [];
  const totals = (await store.points.eras()).filter(({ era }) => era >= active.value - RECENT_ERAS);
  const keys = candidates.map(({ candidate }) => candidate.stashKey);
  const rows = await store.points.ofAll(keys, Math.min(...totals.map(({ era }) => era), 2 ** 31));
  const elected = new Map(await readNote(store, 'elected'));
  return totals.flatMap(({ era, median }) => {
    const points = new Map(rows.flatMap((row) => (row.era === era ? [[row.stashKey, row.points]] : [])));
    const inEra = new Set(elected.get(era));
    return keys.flatMap((stashKey) => {
      const own = points.get(stashKey) ?? (inEra.has(stashKey) ? 0 : null);
      const fault = missedPoints({ era, endedAtMs: takenAtMs, own, median, source: 'staking' }, rules);
      return fault === null ? [] : [[stashKey, fault] as const];
    });
  });
}

async function keepPeriods({ store, settings }: JobContext, { candidates, eras }: Snapshot): Promise<void> {
  if (!eras.read.known) return;
  const nominated = nominatedFor(await keepIncluded(store), eras.read.value);
  const books = await store.history.of(candidates.map(({ candidate }) => candidate.stashKey));
  for (const { candidate, erasWithPoints } of candidates) {
    if (!erasWithPoints.known) continue;
    const { stashKey } = candidate;
    const nominatedEras = nominated.get(stashKey) ?? [];
    const facts = { readEras: eras.read.value, erasWithPoints: erasWithPoints.value, nominatedEras };
    const { periods: stored = [], faults = [], earlier } = books.get(stashKey) ?? {};
    const known = new Set(stored.map(({ firstEra }) => firstEra));
    const merged = mergePeriods(stored, periodsOf(facts, settings.programme.rank));
    // The chain still shows the eras of the last periods in the digest; they count once.
    const fresh = merged.filter(
      ({ firstEra }) => !known.has(firstEra) && firstEra > (earlier?.untilEra ?? -1),
    );
    if (fresh.length > 0) await store.history.putPeriods(stashKey, fresh);
    const book = {
      faults: [...faults],
      periods: [...stored, ...fresh],
      ...(earlier === undefined ? {} : { earlier }),
    };
    const cut = cutHistory(book, settings.programme.rank, settings.retention.periods);
    if (cut.earlier !== undefined && cut.earlier !== earlier)
      await store.history.putEarlier(stashKey, cut.earlier);
  }
}

/**
 * The eras for which each candidate was nominated: from the election that a nomination reached, until the
 * next one counts.
 */
function nominatedFor(
  landed: readonly IncludedNomination[],
  readEras: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  for (const one of landed) {
    const counted = readEras.filter((era) => countsFor(one, era));
    for (const key of one.targets) found.set(key, new Set([...(found.get(key) ?? []), ...counted]));
  }
  return new Map([...found].map(([key, set]) => [key, [...set]]));
}
