import { readFileSync } from 'node:fs';
import type { ServiceProcess } from '../test/support/service-process.ts';
import { makeAged } from './aged-service.ts';
import { type Budget, figure } from './budgets.ts';
import { describeMachine, type Machine, machineLines } from './machine.ts';
import type { Options } from './options.ts';
import { type Report, table } from './report.ts';
import type { Stage } from './stage.ts';

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
const MB = 1_000_000;

/** Resident memory of a process in millions of bytes: now, and the most it ever was. */
interface Resident {
  readonly nowMb: number;
  readonly peakMb: number;
}

/** A service with a long past: how long it takes to start, and what it holds in memory. */
export async function measureMemory(stage: Stage, options: Options): Promise<Report> {
  const machine = describeMachine(stage.folder);
  const aged = await makeAged(stage, { name: 'aged', keys: KEYS, perKey: GRANTS_PER_KEY }, CONNECTIONS);
  const { claims, grants, madeMs } = aged;
  const startedMs = performance.now();
  const old = await aged.start(options.profile);
  const startMs = performance.now() - startedMs;
  const ready = residentOf(old);
  const load = await claims.start(stage, old);
  await load.run(CLAIMS);
  return report(machine, { grants, madeMs, startMs, ready, used: residentOf(old) });
}

function residentOf({ pid }: ServiceProcess): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string): number => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/status does not tell ${name}`);
    return (1_024 * Number(kib)) / MB;
  };
  return { nowMb: mb('VmRSS'), peakMb: mb('VmHWM') };
}

interface Measured {
  readonly grants: number;
  readonly madeMs: number;
  readonly startMs: number;
  readonly ready: Resident;
  readonly used: Resident;
}

function report(machine: Machine, measured: Measured): Report {
  const { grants, madeMs, startMs, ready, used } = measured;
  const budgets: readonly Budget[] = [
    // The peak, which no moment of measuring can flatter.
    { name: 'peakMb', value: used.peakMb, limit: 200, bound: 'at most', unit: 'MB' },
    { name: 'startMs', value: startMs, limit: 2_000, bound: 'at most', unit: 'ms' },
  ];
  const lines = [
    ...machineLines(machine),
    `${KEYS} keys, ${grants} past grants (made in ${(madeMs / 1_000).toFixed(0)} s)`,
    '',
    ...table([
      ['resident memory', 'now', 'peak'],
      ['when it grants', figure(ready.nowMb, 'MB'), figure(ready.peakMb, 'MB')],
      ['after two grants of each key', figure(used.nowMb, 'MB'), figure(used.peakMb, 'MB')],
    ]),
  ];
  return { figures: { peakMb: used.peakMb, machine, keys: KEYS, ...measured }, budgets, lines };
}
