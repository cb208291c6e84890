import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endChild } from '../child.ts';
import type { Stage } from '../stage.ts';
import type { EtcdLoadSetUp } from './etcd-load.ts';
import type { HttpLoadSetUp } from './http-load.ts';
import type { Job, Message, Results } from './jobs.ts';
import type { SqliteLoadSetUp } from './sqlite-load.ts';
import type { StoreLoadSetUp } from './store-load.ts';

/** A load process: it does one job at a time. */
export interface LoadProcess {
  run<Kind extends Job['kind']>(job: Extract<Job, { kind: Kind }>): Promise<Results[Kind]>;
}

/** Set-up, warm-up and what is under way at the end, beyond the time that is measured. */
const SPARE_MS = 60_000;

export function startHttpLoad(stage: Stage, setUp: HttpLoadSetUp): Promise<LoadProcess> {
  return start(stage, 'http-load.ts', setUp);
}

export function startEtcdLoad(stage: Stage, setUp: EtcdLoadSetUp): Promise<LoadProcess> {
  return start(stage, 'etcd-load.ts', setUp);
}

export function startSqliteLoad(stage: Stage, setUp: SqliteLoadSetUp): Promise<LoadProcess> {
  return start(stage, 'sqlite-load.ts', setUp);
}

export function startStoreLoad(stage: Stage, setUp: StoreLoadSetUp): Promise<LoadProcess> {
  return start(stage, 'store-load.ts', setUp);
}

async function start(stage: Stage, file: string, setUp: object): Promise<LoadProcess> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await stage.start(Promise.resolve(child), endChild);
  await ask(child, file, setUp, SPARE_MS);
  return {
    run: async (job) => {
      const measuredMs = 'measureMs' in job ? job.warmUpMs + job.measureMs : 0;
      return (await ask(child, file, job, measuredMs + SPARE_MS)) as Results[typeof job.kind];
    },
  };
}

async function ask(child: ChildProcess, file: string, message: object, timeoutMs: number): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const answered = once(child, 'message', { signal }).then(([answer]) => answer as Message);
    const ended = once(child, 'exit', { signal }).then(() => fail(`${file} ended while it was at work`));
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${file} gave no result within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal.addEventListener('abort', () => clearTimeout(timer));
    });
    child.send(message);
    const answer = await Promise.race([answered, ended, late]);
    return answer.done ? answer.result : fail(`${file}: ${answer.why}`);
  } finally {
    settled.abort();
  }
}

function fail(why: string): never {
  throw new Error(why);
}
