import type { LoadedModule } from '../../rounds/start.ts';
import { decodeSnapshot } from '../../snapshot/codec.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import { type ProgrammeStore, StorageFault } from '../../storage/port.ts';
import { type ModuleFile, runInThread } from './run-in-thread.ts';
import { type DecidedRound, doTask, type SnapshotHead, type Task, type TaskResults } from './tasks.ts';

/** Heads that are kept: those of the newest snapshot, and of the newest round. */
const HEADS = 4;

/** Decoded snapshots that are kept: the job `history` compares the newest with the one before. */
const DECODED = 2;

/** Reads stored snapshots and decides rounds outside of the thread that serves requests. */
export interface SnapshotDesk {
  /** The stored snapshot without its large parts; null if it is gone or cannot be read. */
  readonly head: (digest: string, signal: AbortSignal) => Promise<SnapshotHead | null>;
  /** The stored snapshot, decoded in this thread once; null as above. */
  readonly whole: (digest: string) => Promise<Snapshot | null>;
  /** Decides a round of a stored snapshot. Rejects if it is gone, and with the reason of the signal. */
  readonly plan: (digest: string, programme: string, signal: AbortSignal) => Promise<DecidedRound>;
}

type Run = <Kind extends Task['kind']>(
  task: Extract<Task, { readonly kind: Kind }>,
  signal: AbortSignal,
) => Promise<TaskResults[Kind]>;

/** A desk with a thread for each task, which loads the modules of the programme again from their files. */
export function threadDesk(store: ProgrammeStore, modules: readonly LoadedModule[]): SnapshotDesk {
  const files = modules.map(({ check, file, sha256 }): ModuleFile => {
    if (file === undefined)
      throw new Error(`the module ${check.id} was loaded without a file: pass its file`);
    return { file, sha256 };
  });
  return deskOf(store, (task, signal) => runInThread(task, files, signal));
}

/** A desk in this thread, for small snapshots. */
export function plainDesk(store: ProgrammeStore, modules: readonly LoadedModule[]): SnapshotDesk {
  return deskOf(store, async (task) => doTask(task, modules));
}

function deskOf({ snapshots }: ProgrammeStore, run: Run): SnapshotDesk {
  const heads = new Map<string, SnapshotHead>();
  const decoded = new Map<string, Snapshot>();
  return {
    head: async (digest, signal) => {
      const known = heads.get(digest);
      if (known !== undefined) return known;
      const snapshot = await snapshots.packed(digest);
      const head = snapshot === null ? null : await run({ kind: 'head', snapshot }, signal);
      if (head !== null) keep(heads, HEADS, digest, head);
      return head;
    },
    whole: async (digest) => {
      const known = decoded.get(digest);
      if (known !== undefined) return known;
      const text = await snapshots.get(digest);
      const read = text === null ? null : decodeSnapshot(text);
      if (!read?.ok) return null;
      keep(decoded, DECODED, digest, read.snapshot);
      return read.snapshot;
    },
    plan: async (digest, programme, signal) => {
      const snapshot = await snapshots.packed(digest);
      if (snapshot === null)
        throw new StorageFault('request', `there is no snapshot ${digest}`, 'name one that is stored');
      return run({ kind: 'plan', snapshot, programme }, signal);
    },
  };
}

/** Keeps a value, and at most so many: the oldest leaves first. */
function keep<Value>(values: Map<string, Value>, most: number, key: string, value: Value): void {
  values.set(key, value);
  for (const oldest of values.keys()) if (values.size > most) values.delete(oldest);
}
