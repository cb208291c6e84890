import { counted } from '@watchbill/kit';
import { payoutRowsOf } from '../../payouts/rows.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { ascending, quantile } from '../../statistics/quantile.ts';
import type { Job, JobContext, JobEvent } from '../job.ts';
import type { ChainPart } from '../job-ports.ts';
import { type NoteOf, readNote, writeNote } from '../notes.ts';
import { keepIncluded } from './included-transactions.ts';
import { keepIdentities } from './last-known.ts';
import { snapshotExtrasFor } from './snapshot-extras.ts';
import { keepValidatorKeys } from './validator-keys.ts';

const MINUTE_MS = 60_000;
/** Eras whose active sets are stored. */
const MOST_SETS = 64;

/** Reads the chains once, and stores all current facts as one text. */
export const snapshotJob: Job = {
  name: 'snapshot',
  everyMs: 5 * MINUTE_MS,
  deadlineMs: 10 * MINUTE_MS,
  after: ['candidates', 'telemetry', 'releases', 'kusama', 'places'],
  run: async (context) => {
    const { store, world, progress, signal } = context;
    const candidates = await readNote(store, 'candidates');
    if (candidates === null) return 'there is no candidate list yet';
    await progress(0, 'reading the chains');
    const { part, snapshot } = await takeSnapshot(context, candidates);
    await progress(0.7, 'storing the snapshot');
    const { digest } = await world.desk.put(snapshot, signal);
    await keepRewards(context, part, snapshot);
    await keepMoments(context, part, snapshot);
    await keepValidatorKeys(store, snapshot);
    await keepIdentities(store, snapshot);
    const missing = part.failures.map(({ role }) => role);
    const lacks = missing.length === 0 ? '' : `, without ${missing.join(', ')}`;
    const count = snapshot.candidates.length;
    context.tell(readAt(snapshot, digest, lacks));
    return `snapshot ${digest.slice(0, 12)} of ${counted(count, 'candidate')}${lacks}`;
  },
};

/** A snapshot of this moment, not stored. */
export async function takeSnapshot(
  context: Pick<JobContext, 'store' | 'world' | 'settings' | 'signal' | 'clock'>,
  candidates: NoteOf<'candidates'>,
): Promise<{ readonly part: ChainPart; readonly snapshot: Snapshot }> {
  const { store, world, settings, signal } = context;
  const part = await world.chain.read(
    {
      candidates: candidates.list.map(({ stashKey }) => stashKey),
      nominators: settings.nominators.map(({ stashKey }) => stashKey),
      remembered: await readNote(store, 'remembered'),
    },
    signal,
  );
  signal.throwIfAborted();
  const snapshot = part.snapshot(candidates.list, await snapshotExtrasFor(context, candidates));
  return { part, snapshot };
}

function readAt({ sources, eras, candidates }: Snapshot, digest: string, lacks: string): JobEvent {
  const block = sources.staking?.block ?? null;
  const where = block === null ? 'no block' : `block ${block.number}`;
  const era = eras.active.known ? `era ${eras.active.value}` : 'the era is not known';
  return {
    event: 'snapshot',
    text: `snapshot ${digest.slice(0, 12)} read at ${where}, ${era}: ${counted(candidates.length, 'candidate')}${lacks}`,
    facts: { snapshot: digest, block: block === null ? null : String(block.number) },
  };
}

/** Points of past eras do not change, so they are stored once. */
async function keepRewards({ store }: JobContext, part: ChainPart, snapshot: Snapshot): Promise<void> {
  const stored = new Set((await store.points.eras()).map(({ era }) => era));
  for (const { era, total, points } of part.points.known ? part.points.value : []) {
    if (stored.has(era)) continue;
    const rows = [...points].map(([stashKey, count]) => ({ era, stashKey, points: count }));
    const median = quantile(ascending(rows.map((row) => row.points)), 0.5) ?? 0;
    await store.points.putEra({ era, total, validators: rows.length, median }, rows);
  }
  await store.payouts.put(payoutRowsOf(part.claims, snapshot.constants.historyDepth));
}

async function keepMoments({ store, clock }: JobContext, part: ChainPart, snapshot: Snapshot): Promise<void> {
  if (part.remember !== null) await writeNote(store, 'remembered', part.remember);
  await writeNote(
    store,
    'failures',
    part.failures.map((each) => ({ ...each })),
  );
  if (part.pace.known) {
    const { stalled, sessions, due } = part.pace.value;
    await writeNote(store, 'pace', { stalled, sessions, due });
  }
  if (part.calendar.known) {
    const { now, active, upcoming } = part.calendar.value;
    const dates = upcoming.map(({ era, snapshot: at }) => ({
      era,
      snapshotHeight: at.relayHeight,
      snapshotMs: at.atMs,
    }));
    await writeNote(store, 'calendar', {
      readMs: clock.nowMs(),
      relayHeight: now.relayHeight,
      stakingHeight: snapshot.sources.staking?.block?.number ?? null,
      active,
      upcoming: dates,
    });
    // Nominations included before this block count at the latest for the next upcoming era, which the next
    // reading may no longer contain.
    await keepIncluded(store);
  }
  const { active } = snapshot.eras;
  if (active.known && part.activeSet.known)
    await keepSet(store, snapshot, 'active', active.value, part.activeSet.value);
  // An era without exposures, such as the first era of a chain, does not show its elected validators.
  if (part.elected.known && part.elected.value.stashes.length > 0)
    await keepSet(store, snapshot, 'elected', part.elected.value.era, part.elected.value.stashes);
}

async function keepSet(
  store: JobContext['store'],
  { candidates }: Snapshot,
  name: 'active' | 'elected',
  era: number,
  stashes: readonly string[],
): Promise<void> {
  const set = new Set(stashes);
  const keys = candidates.map(({ candidate }) => candidate.stashKey).filter((key) => set.has(key));
  const sets = new Map(await readNote(store, name));
  sets.set(era, [...new Set([...(sets.get(era) ?? []), ...keys])].sort());
  const kept = [...sets].sort(([a], [b]) => a - b).slice(-MOST_SETS);
  await writeNote(store, name, kept);
}
