import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { ProgrammeStore } from '../storage/port.ts';
import { after } from '../time/after.ts';
import type { Job } from './job.ts';
import { type JobParts, runJob } from './run-job.ts';
import type { Executor } from './scheduler.ts';

export interface QueueSetting {
  /** `redis://…`; may contain a password, so it is never shown. */
  readonly url: string;
  /** Programmes that share a Redis have different names. */
  readonly name: string;
}

const PREFIX = 'watchbill-nominate';
/** Finished jobs on the board. */
const KEPT = 200;
const CONNECT_MS = 5_000;
/**
 * The job of a worker that dies returns to the queue after this time. The lease in the database decides which
 * process runs it.
 */
const LOCK_MS = 60_000;

/** The queue as planners and the board see it. */
export interface JobQueue {
  readonly executor: Executor;
  readonly queue: Queue;
  readonly close: () => Promise<void>;
}

/** Puts jobs into the queue. Rejects if Redis is unreachable. */
export async function openJobQueue(
  { url, name }: QueueSetting,
  told: (error: Error) => void,
): Promise<JobQueue> {
  // A command that Redis does not accept at once fails, and the planner retries.
  const connection = connect(url, { maxRetriesPerRequest: 1 });
  connection.on('error', () => undefined);
  const queue = new Queue(name, { connection, prefix: PREFIX });
  queue.on('error', (error) => told(plainError(error)));
  await reached(connection, queue);
  return {
    queue,
    executor: {
      execute: async ({ name: job }) => {
        const kept = { count: KEPT };
        // One job per name: a second one is dropped while the first waits or runs.
        const options = {
          deduplication: { id: job },
          attempts: 1,
          removeOnComplete: kept,
          removeOnFail: kept,
        };
        await queue.add(job, {}, options);
        return false;
      },
    },
    close: async () => {
      await queue.close();
      connection.disconnect();
    },
  };
}

async function reached(connection: Redis, queue: Queue): Promise<void> {
  try {
    await connection.ping();
    await queue.waitUntilReady();
  } catch {
    await queue.close().catch(() => undefined);
    connection.disconnect();
    throw new Error('the queue is unreachable: check that Redis runs, and its address');
  }
}

export interface JobWorker {
  /** Takes no more jobs, aborts running ones after the grace period, and waits for their end. */
  readonly close: (graceMs: number) => Promise<void>;
}

export interface WorkerOptions {
  readonly setting: QueueSetting;
  readonly jobs: readonly Job[];
  readonly parts: JobParts;
  readonly atOnce: number;
  readonly told: (error: Error) => void;
}

/** Runs the jobs of a queue. */
export function openWorker({ setting, jobs, parts, atOnce, told }: WorkerOptions): JobWorker {
  const connection = connect(setting.url, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  const stop = new AbortController();
  const worker = new Worker(
    setting.name,
    async ({ name }) => {
      const job = jobs.find((one) => one.name === name);
      if (job === undefined) throw new Error(`this release has no job ${name}`);
      const end = await runJob(parts, job, stop.signal);
      if (end === 'failed') throw new Error(await errorOf(parts.store, name));
      return end;
    },
    { connection, prefix: PREFIX, concurrency: atOnce, lockDuration: LOCK_MS, maxStalledCount: 0 },
  );
  worker.on('error', (error) => told(plainError(error)));
  return {
    close: async (graceMs) => {
      const cancel = after(parts.clock, graceMs, () => stop.abort(new Error('the process stops')));
      await worker.close();
      cancel();
      connection.disconnect();
    },
  };
}

/** Throws if the address is invalid, without repeating it. */
function connect(url: string, options: { readonly maxRetriesPerRequest: number | null }): Redis {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol))
    throw new Error('the address of the queue is invalid: write redis://HOST:PORT');
  return new Redis(url, { ...options, connectTimeout: CONNECT_MS });
}

async function errorOf(store: ProgrammeStore, name: string): Promise<string> {
  const row = (await store.jobs.all()).find((one) => one.name === name);
  return row?.error ?? 'it failed';
}

/** The client's message may contain the address. */
function plainError(error: Error): Error {
  return new Error(error.message.replace(/\b\w+:\/\/\S+/g, '(address)'));
}
