import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { ProgrammeStore } from '../storage/port.ts';
import { after } from '../time/after.ts';
import type { Job } from './job.ts';
import { type JobParts, runJob } from './run-job.ts';
import type { Executor } from './scheduler.ts';

export interface QueueSetting {
  /** `redis://…`; may hold a password, and is never shown. */
  readonly url: string;
  /** Programmes that share a Redis have different names. */
  readonly name: string;
}

const PREFIX = 'watchbill-nominate';
/** Ended jobs that the board shows. */
const KEPT = 200;
const CONNECT_MS = 5_000;
/** A worker that dies has its job given back after so long; who runs it is decided by the lease in the database. */
const LOCK_MS = 60_000;

/** The queue, for whoever plans or shows it. */
export interface JobQueue {
  readonly executor: Executor;
  readonly queue: Queue;
  readonly close: () => Promise<void>;
}

/** Gives jobs to workers. Rejects where Redis cannot be reached. */
export async function openJobQueue(
  { url, name }: QueueSetting,
  told: (error: Error) => void,
): Promise<JobQueue> {
  // A question that Redis does not take at once fails: the planner asks again.
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
        // One of a name at a time: a second one is dropped while the first waits or runs.
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
    throw new Error('the queue cannot be reached: see that Redis runs, and its address');
  }
}

export interface JobWorker {
  /** Takes no further job, tells what runs to stop after the grace, and waits for its end. */
  readonly close: (graceMs: number) => Promise<void>;
}

export interface WorkerOptions {
  readonly setting: QueueSetting;
  readonly jobs: readonly Job[];
  readonly parts: JobParts;
  readonly atOnce: number;
  readonly told: (error: Error) => void;
}

/** Carries out what a queue holds. */
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

/** Throws where the address is none, without repeating it. */
function connect(url: string, options: { readonly maxRetriesPerRequest: number | null }): Redis {
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol))
    throw new Error('the address of the queue is none: write redis://HOST:PORT');
  return new Redis(url, { ...options, connectTimeout: CONNECT_MS });
}

async function errorOf(store: ProgrammeStore, name: string): Promise<string> {
  const row = (await store.jobs.all()).find((one) => one.name === name);
  return row?.error ?? 'it failed';
}

/** What the client tells may hold the address. */
function plainError(error: Error): Error {
  return new Error(error.message.replace(/\b\w+:\/\/\S+/g, '(address)'));
}
