import { costBetween, costsOf, residentMb, sharedMb } from '../cost.ts';
import { orderOf } from '../rounds.ts';
import { type Figures, PHASES, type Phase, type PhaseName, type Round, type ServiceName } from './results.ts';
import type { Subject } from './start.ts';

/** The first requests would measure the compiler. */
const FIRST_WARM_UP = { kind: 'closed-loop', lanes: 64, warmUpMs: 0 } as const;
/** Before each phase, so that its connections are open. */
const WARM_UP_MS = 300;

/** Ask each service for a while, as it would have been asked when it had run for long. */
export async function warmUp(subjects: readonly Subject[], ms: number): Promise<void> {
  for (const { load } of subjects) {
    await load.run({ ...FIRST_WARM_UP, measureMs: ms });
    await load.run({ ...FIRST_WARM_UP, lanes: 256, measureMs: WARM_UP_MS });
  }
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
    const why = cause instanceof Error ? cause.message : String(cause);
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
  await subject.load.run({
    ...{ kind: 'closed-loop', lanes: phase.connections },
    ...{ warmUpMs: 0, measureMs: WARM_UP_MS },
  });
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
