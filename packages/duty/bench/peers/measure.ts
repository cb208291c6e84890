import { messageOf } from '@watchbill/kit';
import { costBetween, costsOf, residentMb, sharedMb } from '@watchbill/testkit/bench/cost';
import { orderOf } from '@watchbill/testkit/bench/rounds';
import { warmUpJob } from '../load/warm-up.ts';
import { type Figures, PHASES, type Phase, type PhaseName, type Round, type ServiceName } from './results.ts';
import type { Subject } from './start.ts';

/** Claims to each service before the first round, which would measure the compiler. */
export const FIRST_CLAIMS = 3_000;
/** Claims of each connection before a phase, so that it is open; and claims of all, if they are few. */
const EACH_CLAIMS = 2;
const LEAST_CLAIMS = 100;

/** Ask each service as often, so that its code is compiled. */
export async function warmUp(subjects: readonly Subject[]): Promise<void> {
  for (const { load } of subjects) await load.run(warmUpJob(64, FIRST_CLAIMS));
}

/** Every phase with every service; the order of the services depends on the number of the round. */
export async function measureRound(
  subjects: readonly Subject[],
  round: number,
  seconds: number,
): Promise<Round> {
  const phases: [PhaseName, Record<ServiceName, Figures>][] = [];
  for (const phase of PHASES) {
    const figures = new Map<ServiceName, Figures>();
    for (const subject of orderOf(round, subjects))
      figures.set(subject.name, await named(subject, phase, measurePhase(subject, phase, seconds)));
    const entries = subjects.map(({ name }) => [name, figures.get(name)]);
    phases.push([phase.name, Object.fromEntries(entries) as Record<ServiceName, Figures>]);
  }
  return Object.fromEntries(phases) as Round;
}

/** An error that names the service and the load. */
async function named<Result>({ name }: Subject, { title }: Phase, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    const why = messageOf(cause);
    throw new Error(`${name}, ${title}: ${why}`, { cause });
  }
}

interface Loaded {
  readonly samples: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All that were asked, also those that no sample counts. */
  readonly grants: number;
}

async function measurePhase(subject: Subject, phase: Phase, seconds: number): Promise<Figures> {
  const { connections } = phase;
  await subject.load.run(warmUpJob(connections, Math.max(LEAST_CLAIMS, EACH_CLAIMS * connections)));
  const { service } = subject;
  const before = { service: costsOf([service]), store: costsOf(subject.store()) };
  const { grants, ...loaded } = await runPhase(subject, phase, seconds);
  const store = subject.store();
  const own = costBetween(before.service, costsOf([service]));
  const others = costBetween(before.store, costsOf(store));
  return {
    ...loaded,
    serviceUs: own.processorUs / grants,
    storeUs: others.processorUs / grants,
    writtenBytes: (own.writtenBytes + others.writtenBytes) / grants,
    serviceMb: residentMb(service),
    storeMb: sharedMb(store),
  };
}

async function runPhase({ load }: Subject, phase: Phase, seconds: number): Promise<Loaded> {
  const { connections: lanes, perSecond } = phase;
  const loop = { lanes, warmUpMs: 0, measureMs: 1_000 * seconds } as const;
  if (perSecond === undefined) {
    const { samples, p50Ms, p99Ms, perSecond: rate } = await load.run({ kind: 'closed-loop', ...loop });
    // The last grant of each connection ends after the measured time, so no sample counts it.
    return { samples, perSecond: rate, p50Ms, p99Ms, grants: samples + lanes };
  }
  const { samples, p50Ms, p99Ms } = await load.run({ kind: 'open-loop', ...loop, perSecond });
  return { samples, perSecond, p50Ms, p99Ms, grants: samples };
}
