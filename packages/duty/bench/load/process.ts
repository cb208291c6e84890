import { forkOnStage } from '@watchbill/testkit/bench/child';
import type { Stage } from '@watchbill/testkit/bench/stage';
import type { EtcdLoadSetUp } from './etcd-load.ts';
import type { HttpLoadSetUp } from './http-load.ts';
import type { Job, Results } from './jobs.ts';
import type { SqliteLoadSetUp } from './sqlite-load.ts';
import type { StoreLoadSetUp } from './store-load.ts';
import type { ValidatorsLoadSetUp } from './validators-load.ts';

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

export function startValidatorsLoad(stage: Stage, setUp: ValidatorsLoadSetUp): Promise<LoadProcess> {
  return start(stage, 'validators-load.ts', setUp);
}

async function start(stage: Stage, file: string, setUp: object): Promise<LoadProcess> {
  const { ask } = await forkOnStage(stage, new URL(file, import.meta.url), setUp, SPARE_MS);
  return loadProcess(ask);
}

/** A process that does one job for each message. */
export function loadProcess(ask: (job: Job, timeoutMs: number) => Promise<unknown>): LoadProcess {
  return {
    run: async (job) => {
      const measuredMs = 'measureMs' in job ? job.warmUpMs + job.measureMs : 0;
      return (await ask(job, measuredMs + SPARE_MS)) as Results[typeof job.kind];
    },
  };
}
