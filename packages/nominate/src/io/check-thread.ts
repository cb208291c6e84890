import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { messageOf } from '@watchbill/kit';
import type { CheckInput } from '../checks/check.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { THREAD_PROGRAM } from './thread-program.ts';

/** Time limits of a module, in milliseconds. */
export interface ModuleLimits {
  /** For the import. */
  readonly loadMs: number;
  /** For one candidate: the longest time that the process may be blocked. */
  readonly callMs: number;
  /** For all candidates of one snapshot. */
  readonly snapshotMs: number;
  /** How long a module that exceeded a limit is not called. */
  readonly pauseMs: number;
}

export const MODULE_LIMITS: ModuleLimits = {
  loadMs: 10_000,
  callMs: 2_000,
  snapshotMs: 5_000,
  pauseMs: 60_000,
};

const LARGEST_HEAP_MB = 512;

/** A module in a separate thread. */
export interface CheckThread {
  /**
   * Its export `check`, with a `run` that calls the thread. An export that is not an object with a `run` is
   * unchanged.
   */
  readonly exported: unknown;
  readonly close: () => Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** The number of the last answered call. */
  readonly answered: Int32Array<SharedArrayBuffer>;
  callCount: number;
  /** The snapshot that the thread holds. */
  snapshot: Snapshot | null;
  spentMs: number;
}

/**
 * Opens the thread. `whole` reports whether the file still has its digest, before it is loaded again. The
 * caller waits for each answer, within limits. A module that exceeds a limit is terminated, and does not
 * answer until its pause is over. Rejects if the module cannot be loaded.
 */
export async function openCheckThread(
  url: string,
  whole: () => Promise<boolean>,
  limits: ModuleLimits,
): Promise<CheckThread> {
  const first = await startThread(url, limits);
  let thread: Thread | null = first.thread;
  let rest = { why: 'its thread ended', untilMs: 0 };
  let isStarting = false;

  const end = (why: string, pauseMs: number): void => {
    rest = { why, untilMs: performance.now() + pauseMs };
    const ended = thread;
    thread = null;
    void ended?.worker.terminate();
  };
  const follow = ({ worker }: Thread): void => {
    const lost = (why: string) => () => {
      if (thread?.worker === worker) end(why, limits.pauseMs);
    };
    worker.on('error', lost('its thread failed'));
    worker.on('exit', lost('its thread ended'));
  };
  const startAgain = async (): Promise<void> => {
    isStarting = true;
    try {
      if (!(await whole())) throw new Error('its file was changed');
      thread = (await startThread(url, limits)).thread;
      follow(thread);
    } catch (error) {
      end(messageOf(error), limits.pauseMs);
    } finally {
      isStarting = false;
    }
  };
  const run = (input: CheckInput, parameters: unknown): unknown => {
    if (thread === null) {
      if (!isStarting && performance.now() >= rest.untilMs) void startAgain();
      throw new Error(rest.why);
    }
    const answer = ask(thread, input, parameters, limits);
    if (answer.late !== undefined) {
      end(answer.late, limits.pauseMs);
      throw new Error(answer.late);
    }
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  };
  follow(first.thread);
  const exported = first.check === null ? null : { ...first.check, ...(first.canRun ? { run } : {}) };
  return {
    exported,
    close: async () => {
      const { worker } = thread ?? {};
      thread = null;
      rest = { why: 'it was closed', untilMs: Number.POSITIVE_INFINITY };
      await worker?.terminate();
    },
  };
}

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
  readonly late?: string;
}

/** One blocking call. The snapshot is sent once. */
function ask(
  thread: Thread,
  { snapshot, record }: CheckInput,
  parameters: unknown,
  limits: ModuleLimits,
): Answer {
  const isNew = thread.snapshot !== snapshot;
  if (isNew) [thread.snapshot, thread.spentMs] = [snapshot, 0];
  const beganMs = performance.now();
  const at = snapshot.candidates.indexOf(record);
  const before = thread.callCount;
  thread.callCount += 1;
  thread.port.postMessage({
    ...{ call: thread.callCount, at, parameters },
    ...(isNew ? { snapshot } : {}),
    ...(at < 0 ? { record } : {}),
  });
  const waited = Atomics.wait(thread.answered, 0, before, limits.callMs);
  if (waited === 'timed-out') return { late: `it did not end within ${limits.callMs} ms` };
  thread.spentMs += performance.now() - beganMs;
  if (thread.spentMs > limits.snapshotMs)
    return { late: `it took more than ${limits.snapshotMs} ms for one snapshot` };
  return (receiveMessageOnPort(thread.port)?.message ?? { error: 'it gave no answer' }) as Answer;
}

interface Told {
  readonly check: { readonly id?: string; readonly about?: string } | null;
  readonly canRun: boolean;
  readonly error?: string;
}

async function startThread(
  url: string,
  { loadMs }: ModuleLimits,
): Promise<Told & { readonly thread: Thread }> {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(THREAD_PROGRAM, {
    eval: true,
    workerData: { url, port: port2, answered },
    transferList: [port2],
    resourceLimits: { maxOldGenerationSizeMb: LARGEST_HEAP_MB },
  });
  try {
    const told = await firstWord(worker, loadMs);
    if (told.error !== undefined) throw new Error(told.error);
    // The thread of a module must not keep the process alive.
    worker.unref();
    return { ...told, thread: { worker, port: port1, answered, callCount: 0, snapshot: null, spentMs: 0 } };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function firstWord(worker: Worker, loadMs: number): Promise<Told> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`it was not loaded within ${loadMs} ms`)), loadMs);
    const settled = (settle: () => void): void => {
      clearTimeout(late);
      settle();
    };
    worker.once('message', (told: Told) => settled(() => resolve(told)));
    worker.once('error', (error) => settled(() => reject(error)));
    worker.once('exit', () => settled(() => reject(new Error('its thread ended while it was loaded'))));
  });
}
