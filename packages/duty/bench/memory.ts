import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type ServiceProcess, untilReady } from '@watchbill/testkit';
import { atMost, type Budget, figure } from '@watchbill/testkit/bench/budgets';
import { residentMb } from '@watchbill/testkit/bench/cost';
import { usedByAll } from '@watchbill/testkit/bench/processor';
import { type Report, table } from '@watchbill/testkit/bench/report';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { makeAged } from './aged-service.ts';
import { startService } from './service.ts';

const KEYS = 1_000;
const CONNECTIONS = 64;
const GRANTS_PER_KEY = 1_000;
/** About twice each key, so that everything that is kept per key is there. */
const CLAIMS = {
  kind: 'open-loop',
  lanes: CONNECTIONS,
  perSecond: 500,
  warmUpMs: 2_000,
  measureMs: 2_000,
} as const;
/** Long enough for the collections of garbage after the start. */
const IDLE_MS = 10_000;

/** Resident memory of a process in millions of bytes: now, and the most it ever was. */
interface Resident {
  readonly nowMb: number;
  readonly peakMb: number;
}

/** The packed service without a key, and with a long past: its memory, and the time until it is ready. */
export async function measureMemory(stage: Stage): Promise<Report> {
  const idle = await residentOfIdle(stage);
  const age = { name: 'aged', keys: KEYS, perKey: GRANTS_PER_KEY };
  const aged = await makeAged(stage, age, CONNECTIONS);
  const { claims, grants, madeMs } = aged;
  const startedMs = performance.now();
  const old = await aged.start();
  const startMs = performance.now() - startedMs;
  const startProcessorMs = usedByAll(old.pid) / 1_000;
  const ready = residentOf(old);
  const load = await claims.start(stage, old);
  await load.run(CLAIMS);
  return report({ grants, madeMs, startMs, startProcessorMs, idle, ready, used: residentOf(old) });
}

async function residentOfIdle(stage: Stage): Promise<Resident> {
  const idle = await startService(stage, { store: { kind: 'sqlite' }, dir: join(stage.folder, 'idle') });
  await untilReady(idle);
  await setTimeout(IDLE_MS);
  const resident = residentOf(idle);
  await idle.kill('SIGTERM');
  return resident;
}

function residentOf({ pid }: ServiceProcess): Resident {
  return { nowMb: residentMb(pid), peakMb: residentMb(pid, 'VmHWM') };
}

interface Measured {
  readonly grants: number;
  readonly madeMs: number;
  readonly startMs: number;
  /** Of the same start: what a busy machine adds to the time is not in it. */
  readonly startProcessorMs: number;
  readonly idle: Resident;
  readonly ready: Resident;
  readonly used: Resident;
}

function report(measured: Measured): Report {
  const { grants, madeMs, startMs, startProcessorMs, idle, ready, used } = measured;
  const budgets: readonly Budget[] = [
    // The peaks, which no moment of measuring can flatter.
    atMost('idleMb', idle.peakMb, 110, 'MB'),
    atMost('peakMb', used.peakMb, 200, 'MB'),
    atMost('startMs', startMs, 2_000, 'ms'),
  ];
  const lines = [
    `${KEYS} keys, ${grants} past grants (made in ${(madeMs / 1_000).toFixed(0)} s)`,
    `the start used ${figure(startProcessorMs, 'ms')} of the processor`,
    '',
    ...table([
      ['resident memory', 'now', 'peak'],
      ['without a key', figure(idle.nowMb, 'MB'), figure(idle.peakMb, 'MB')],
      ['when it grants', figure(ready.nowMb, 'MB'), figure(ready.peakMb, 'MB')],
      ['after two grants of each key', figure(used.nowMb, 'MB'), figure(used.peakMb, 'MB')],
    ]),
  ];
  return { figures: { peakMb: used.peakMb, keys: KEYS, ...measured }, budgets, lines };
}
