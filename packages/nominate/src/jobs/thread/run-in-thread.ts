import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { StoreSetting } from '../../storage/open.ts';
import type { SnapshotPart } from './parts.ts';
import type { Task, TaskResults } from './tasks.ts';

/** A custom module, to load in another thread. */
export interface ModuleFile {
  readonly file: string;
  readonly sha256: string;
}

/** The packed program has JavaScript files, the sources have TypeScript files. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './snapshot.thread.ts' : './snapshot.thread.js',
  import.meta.url,
);

/** Of the environment, a thread sees the cache of compiled code alone, which halves its start. */
const { NODE_COMPILE_CACHE } = process.env;
const SEEN = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** The parts that every thread gets. */
export interface ThreadGround {
  readonly files: readonly ModuleFile[];
  readonly database: StoreSetting;
}

/**
 * Runs one task in a separate thread, so that this thread keeps answering. Rejects if the task throws, if
 * the thread ends without a result, or with the reason of the signal; the thread has ended by then.
 */
export async function runInThread<Kind extends Task['kind']>(
  task: Extract<Task, { readonly kind: Kind }>,
  ground: ThreadGround,
  signal: AbortSignal,
  parts: Iterable<SnapshotPart> = [],
): Promise<TaskResults[Kind]> {
  signal.throwIfAborted();
  const worker = new Worker(PROGRAM, { workerData: { task, ...ground }, env: SEEN });
  try {
    const result = new Promise<TaskResults[Kind]>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () =>
        reject(new Error(`the thread of the task ${task.kind} ended without a result`)),
      );
    });
    const [done] = await Promise.all([result, send(worker, parts, signal)]);
    return done;
  } finally {
    await worker.terminate();
  }
}

async function send(worker: Worker, parts: Iterable<SnapshotPart>, signal: AbortSignal): Promise<void> {
  for (const part of parts) {
    if (signal.aborted) return;
    worker.postMessage(part);
    await turn();
  }
}
