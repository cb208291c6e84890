import { planFromTexts } from '../../operations/round.ts';
import { decodeProgramme, type Programme } from '../../rounds/programme.ts';
import type { LoadedModule } from '../../rounds/start.ts';
import { encodeRecord } from '../../rounds/stored.ts';
import { decodeSnapshot, encodeSnapshot } from '../../snapshot/codec.ts';
import type { Snapshot, SnapshotHead } from '../../snapshot/snapshot.ts';
import { type ProgrammeStore, StorageFault } from '../../storage/port.ts';
import { unpackText } from '../../storage/texts.ts';
import { type FaultsFound, findFaults, keepPeriods } from '../work/find-history.ts';
import { makeStandings, type StandingsMade } from '../work/make-standings.ts';
import type { ThreadRules } from '../work/thread-rules.ts';

/** A decided round: the canonical text of its record; or the reason why there is none. */
export type DecidedRound =
  | { readonly ok: true; readonly record: string }
  | { readonly ok: false; readonly why: string };

/** Work with whole snapshots, which takes seconds at the size of a real network. */
export type Task =
  | { readonly kind: 'head'; readonly digest: string }
  | { readonly kind: 'plan'; readonly digest: string; readonly programme: string }
  /** Its snapshot follows in parts. */
  | { readonly kind: 'put' }
  | { readonly kind: 'standings'; readonly digest: string; readonly rules: ThreadRules }
  | {
      readonly kind: 'faults';
      readonly digest: string;
      readonly before: string | null;
      readonly rules: ThreadRules;
    }
  | { readonly kind: 'periods'; readonly digest: string; readonly rules: ThreadRules };

export interface TaskResults {
  /** Null in each: the snapshot is gone, or its text is not a snapshot. */
  readonly head: SnapshotHead | null;
  readonly plan: DecidedRound;
  readonly put: { readonly digest: string };
  readonly standings: StandingsMade | null;
  readonly faults: FaultsFound | null;
  readonly periods: true | null;
}

/** The things that tasks work with. */
export interface TaskGround {
  readonly store: ProgrammeStore;
  readonly modules: readonly LoadedModule[];
  /** The snapshot of the task `put`. */
  readonly snapshot: Snapshot | null;
}

export function doTask<Kind extends Task['kind']>(
  task: Extract<Task, { readonly kind: Kind }>,
  ground: TaskGround,
): Promise<TaskResults[Kind]>;
export async function doTask(task: Task, ground: TaskGround): Promise<TaskResults[Task['kind']]> {
  const { store, modules } = ground;
  if (task.kind === 'put') {
    if (ground.snapshot === null) throw new Error('the task put needs a snapshot');
    return store.snapshots.put(encodeSnapshot(ground.snapshot));
  }
  if (task.kind === 'plan') return plan(ground, task.digest, task.programme);
  const snapshot = await snapshotOf(store, task.digest);
  if (snapshot === null) return null;
  if (task.kind === 'head') {
    const { candidates: _candidates, election: _election, ...head } = snapshot;
    return head;
  }
  const { faultRules, keptPeriods } = task.rules;
  const programme = programmeIn(task.rules.programme);
  if (task.kind === 'standings') return makeStandings({ store, programme, modules }, snapshot, task.digest);
  if (task.kind === 'faults') {
    const before = task.before === null ? null : await snapshotOf(store, task.before);
    return findFaults(store, faultRules, before, snapshot);
  }
  await keepPeriods(store, { rank: programme.rank, keptPeriods }, snapshot);
  return true;
}

async function snapshotOf({ snapshots }: ProgrammeStore, digest: string): Promise<Snapshot | null> {
  const packed = await snapshots.packed(digest);
  const read = packed === null ? null : decodeSnapshot(unpackText(packed));
  return read?.ok === true ? read.snapshot : null;
}

function programmeIn(text: string): Programme {
  const read = decodeProgramme(text);
  if (!read.ok) throw new Error(`the programme cannot be read: ${read.problems[0]?.message ?? ''}`);
  return read.programme;
}

async function plan(
  { store, modules }: TaskGround,
  digest: string,
  programme: string,
): Promise<DecidedRound> {
  const packed = await store.snapshots.packed(digest);
  if (packed === null)
    throw new StorageFault('request', `there is no snapshot ${digest}`, 'name one that is stored');
  const made = planFromTexts({ snapshot: unpackText(packed), programme, modules });
  return made.ok
    ? { ok: true, record: encodeRecord(made.result.record) }
    : { ok: false, why: made.problems[0]?.message ?? 'refused' };
}
