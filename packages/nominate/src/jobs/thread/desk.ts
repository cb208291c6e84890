import type { LoadedModule } from '../../rounds/start.ts';
import type { Snapshot, SnapshotHead } from '../../snapshot/snapshot.ts';
import type { StoreSetting } from '../../storage/open.ts';
import type { ProgrammeStore } from '../../storage/port.ts';
import type { FaultsFound } from '../work/find-history.ts';
import type { StandingsMade } from '../work/make-standings.ts';
import type { ThreadRules } from '../work/thread-rules.ts';
import { isSmall, partsOf } from './parts.ts';
import { boundedQueue } from './queue.ts';
import { type ModuleFile, runInThread } from './run-in-thread.ts';
import { type DecidedRound, doTask, type Task, type TaskResults } from './tasks.ts';

/** Heads that are kept: those of the newest snapshot, and of the newest round. */
const HEADS = 4;
/** Small snapshots of this process whose digests are known. */
const SMALL = 16;
/** A round and one other task run at the same time. The jobs of a service never have more than these wait. */
const BOUNDS = { atOnce: 2, waiting: 16 };

/**
 * Works with whole snapshots outside of the thread that serves requests. Each call is one task; it rejects
 * with the reason of its signal, and if too many tasks wait.
 */
export interface SnapshotDesk {
  /** The stored snapshot without its large parts; null if it is gone or cannot be read. */
  readonly head: (digest: string, signal: AbortSignal) => Promise<SnapshotHead | null>;
  /** Decides a round of a stored snapshot. Rejects if it is gone. */
  readonly plan: (digest: string, programme: string, signal: AbortSignal) => Promise<DecidedRound>;
  /** Encodes a snapshot, and stores it as the newest. */
  readonly put: (snapshot: Snapshot, signal: AbortSignal) => Promise<{ readonly digest: string }>;
  /** Replaces the standings by those of a stored snapshot; null as for `head`. */
  readonly standings: (
    of: { readonly digest: string },
    rules: ThreadRules,
    signal: AbortSignal,
  ) => Promise<StandingsMade | null>;
  /** Stores the faults between two stored snapshots; null as for `head`. */
  readonly faults: (
    between: { readonly before: string | null; readonly after: string },
    rules: ThreadRules,
    signal: AbortSignal,
  ) => Promise<FaultsFound | null>;
  /** Stores the periods that a stored snapshot completes; null as for `head`. */
  readonly periods: (digest: string, rules: ThreadRules, signal: AbortSignal) => Promise<true | null>;
}

type Run = <Kind extends Task['kind']>(
  task: Extract<Task, { readonly kind: Kind }>,
  signal: AbortSignal,
  snapshot?: Snapshot,
) => Promise<TaskResults[Kind]>;

/**
 * Runs each task in a separate thread, which opens the database and loads the modules of the programme again.
 * Tasks on small snapshots, except rounds, run in this thread. So does everything on a database in memory.
 */
export function threadDesk(
  store: ProgrammeStore,
  modules: readonly LoadedModule[],
  database: StoreSetting,
): SnapshotDesk {
  const files = modules.map(({ check, file, sha256 }): ModuleFile => {
    if (file === undefined)
      throw new Error(`the module ${check.id} was loaded without a file: pass its file`);
    return { file, sha256 };
  });
  if ('file' in database && database.file === ':memory:') return plainDesk(store, modules);
  const queue = boundedQueue(BOUNDS);
  const ground = { files, database };
  const small = new Map<string, true>();
  return deskOf(async (task, signal, snapshot) => {
    const isHere = snapshot === undefined ? namesOnly(small, task) : isSmall(snapshot);
    if (!isHere) {
      const parts = snapshot === undefined ? [] : partsOf(snapshot);
      return queue(() => runInThread(task, ground, signal, parts), signal);
    }
    signal.throwIfAborted();
    const done = await doTask(task, { store, modules, snapshot: snapshot ?? null });
    if (done !== null && typeof done === 'object' && 'digest' in done) keep(small, SMALL, done.digest, true);
    return done;
  });
}

/** Whether all snapshots of a task are known. The work of a round grows faster than its snapshot. */
function namesOnly(known: ReadonlyMap<string, true>, task: Task): boolean {
  if (task.kind === 'plan' || task.kind === 'put') return false;
  const before = task.kind === 'faults' ? task.before : null;
  return known.has(task.digest) && (before === null || known.has(before));
}

/** Runs tasks in this thread, for small snapshots. */
export function plainDesk(store: ProgrammeStore, modules: readonly LoadedModule[]): SnapshotDesk {
  return deskOf((task, _signal, snapshot = undefined) =>
    doTask(task, { store, modules, snapshot: snapshot ?? null }),
  );
}

function deskOf(run: Run): SnapshotDesk {
  const heads = new Map<string, SnapshotHead>();
  return {
    head: async (digest, signal) => {
      const known = heads.get(digest);
      if (known !== undefined) return known;
      const head = await run({ kind: 'head', digest }, signal);
      if (head !== null) keep(heads, HEADS, digest, head);
      return head;
    },
    plan: (digest, programme, signal) => run({ kind: 'plan', digest, programme }, signal),
    put: (snapshot, signal) => run({ kind: 'put' }, signal, snapshot),
    standings: ({ digest }, rules, signal) => run({ kind: 'standings', digest, rules }, signal),
    faults: ({ after: digest, before }, rules, signal) =>
      run({ kind: 'faults', digest, before, rules }, signal),
    periods: (digest, rules, signal) => run({ kind: 'periods', digest, rules }, signal),
  };
}

/** Keeps a value, and at most so many: the oldest leaves first. */
function keep<Value>(values: Map<string, Value>, most: number, key: string, value: Value): void {
  values.set(key, value);
  for (const oldest of values.keys()) if (values.size > most) values.delete(oldest);
}
