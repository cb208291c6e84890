import { faultsBetween, missedPoints, noteFaults } from '../../history/faults.ts';
import { mergePeriods, periodsOf } from '../../history/rank.ts';
import { decodeSnapshot } from '../../snapshot/codec.ts';
import type { Fault } from '../../snapshot/history-shapes.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Job, JobContext } from '../job.ts';
import { readNote, writeNote } from '../notes.ts';

const MINUTE_MS = 60_000;
/** Eras that are looked through for points that were missed: older ones were seen before. */
const RECENT_ERAS = 4;

/** Faults and periods of every candidate, from what changed between two snapshots, from points, and from events of the chain. */
export const historyJob: Job = {
  name: 'history',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['snapshot'],
  run: async (context) => {
    const { store, settings } = context;
    const newest = await store.snapshots.newest();
    const before = await readNote(store, 'history of');
    if (newest === null || newest.digest === before) return 'no snapshot since the last time';
    const after = await snapshotOf(context, newest.digest);
    if (after === null) return 'the newest snapshot is gone';
    const found = await foundBetween(
      context,
      before === null ? null : await snapshotOf(context, before),
      after,
    );
    const { faults: told, unread, next } = await reported(context, after);
    for (const { stashKey, fault } of told) push(found, stashKey, [fault]);
    const books = await store.history.of(after.candidates.map(({ candidate }) => candidate.stashKey));
    let added = 0;
    for (const [stashKey, faults] of found) {
      const book = books.get(stashKey)?.faults ?? [];
      const fresh = noteFaults(book, faults).filter((fault) => !book.includes(fault));
      if (fresh.length > 0) added += await store.history.addFaults(stashKey, fresh);
    }
    // After what was found is kept: whoever dies in between looks at the same events again, and adds nothing twice.
    await writeNote(store, 'fault cursor', next);
    await keepPeriods(context, after);
    await writeNote(store, 'history of', newest.digest);
    const [gap] = unread;
    const missed =
      gap === undefined
        ? ''
        : `; ${unread.length} blocks could not be read (${gap.role} ${gap.height}: ${gap.why}), so their faults are unknown`;
    return `${added} new faults of ${after.candidates.length} candidates, rank by ${settings.programme.rank.version}${missed}`;
  },
};

async function snapshotOf({ store }: JobContext, digest: string): Promise<Snapshot | null> {
  const text = await store.snapshots.get(digest);
  if (text === null) return null;
  const read = decodeSnapshot(text);
  return read.ok ? read.snapshot : null;
}

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
  for (const record of after.candidates) {
    const { stashKey } = record.candidate;
    const earlier = was.get(stashKey);
    if (before === null || earlier === undefined) continue;
    push(
      found,
      stashKey,
      faultsBetween({ snapshot: before, record: earlier }, { snapshot: after, record }, faultRules),
    );
  }
  const { active } = after.eras;
  const totals = active.known
    ? (await store.points.eras()).filter(({ era }) => era >= active.value - RECENT_ERAS)
    : [];
  const keys = after.candidates.map(({ candidate }) => candidate.stashKey);
  const rows = await store.points.ofAll(keys, Math.min(...totals.map(({ era }) => era), 2 ** 31));
  for (const { era, median } of totals)
    for (const { stashKey, points } of rows.filter((row) => row.era === era)) {
      // The median of all who were active stands for the others.
      const all = {
        era,
        endedAtMs: after.takenAtMs,
        source: 'staking',
        points: new Map([
          [stashKey, points],
          ['', median],
          [' ', median],
        ]),
      };
      const fault = missedPoints(stashKey, all, faultRules);
      if (fault !== null) push(found, stashKey, [fault]);
    }
  return found;
}

/** Where the chain cannot be read the cursor stays, so that nothing is passed over. */
async function reported({ store, world, signal }: JobContext, { candidates, eras }: Snapshot) {
  const keys = new Set(candidates.map(({ candidate }) => candidate.stashKey));
  const from = await readNote(store, 'fault cursor');
  return world.chain.faults(keys, from, eras.active.known ? eras.active.value : null, signal);
}

async function keepPeriods({ store, settings }: JobContext, { candidates, eras }: Snapshot): Promise<void> {
  if (!eras.read.known) return;
  const nominated = new Map(await readNote(store, 'nominated'));
  const books = await store.history.of(candidates.map(({ candidate }) => candidate.stashKey));
  for (const { candidate, erasWithPoints } of candidates) {
    if (!erasWithPoints.known) continue;
    const { stashKey } = candidate;
    const nominatedEras = (nominated.get(stashKey) ?? []).map((era) => era + 1);
    const facts = { readEras: eras.read.value, erasWithPoints: erasWithPoints.value, nominatedEras };
    const stored = books.get(stashKey)?.periods ?? [];
    const known = new Set(stored.map(({ firstEra }) => firstEra));
    const merged = mergePeriods(stored, periodsOf(facts, settings.programme.rank));
    const fresh = merged.filter(({ firstEra }) => !known.has(firstEra));
    if (fresh.length > 0) await store.history.putPeriods(stashKey, fresh);
  }
}
