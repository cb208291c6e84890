import { figure } from '@watchbill/testkit/bench/budgets';
import { costBetween, costsOf, residentMb } from '@watchbill/testkit/bench/cost';
import type { Options } from '@watchbill/testkit/bench/options';
import { type Report, table } from '@watchbill/testkit/bench/report';
import { orderOf } from '@watchbill/testkit/bench/rounds';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { median } from '@watchbill/testkit/bench/statistics';
import {
  AGED_GROWTHS,
  type GrowthName,
  growthBudgets,
  type PointFigures,
  type Rounds,
  toFirst,
} from './growth/points.ts';
import { agedPoints, CONNECTIONS, type Point, SHARED_CONNECTIONS, servicePoints } from './growth/start.ts';
import { warmUpJob } from './load/warm-up.ts';
import { spread } from './peers/lines.ts';

/** Claims to each point before its first round, which would measure the compiler, and before each round. */
const FIRST_CLAIMS = 3_000;
const WARM_UP_CLAIMS = 100;

/** The cost of a grant with more keys and more past grants on SQLite, and with more services on etcd. */
export async function measureGrowth(stage: Stage, options: Options): Promise<Report> {
  const made: string[] = [];
  const measured = new Map<GrowthName, Rounds>();
  const measure = async (name: GrowthName, points: readonly Point[]): Promise<void> => {
    made.push(...points.map(({ about }) => about));
    measured.set(name, await measureRounds(points, options));
  };
  for (const growth of AGED_GROWTHS) await measure(growth.name, await agedPoints(stage, growth, options));
  await measure('services', await servicePoints(stage, options));
  const about = `connections ask again at once: ${CONNECTIONS}, and ${SHARED_CONNECTIONS} for all services on etcd; ${options.rounds} rounds of ${options.seconds} s`;
  return {
    figures: { made, rounds: Object.fromEntries(measured) },
    kept: { made, growth: Object.fromEntries(measured) },
    lines: [about, ...made, '', ...[...measured].flatMap(([name, rounds]) => growthLines(name, rounds))],
    budgets: [...measured].flatMap(([name, rounds]) => growthBudgets(name, rounds)),
  };
}

async function measureRounds(points: readonly Point[], options: Options): Promise<Rounds> {
  for (const point of points) await warmUp(point, FIRST_CLAIMS);
  const rounds: Record<string, PointFigures>[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const figures = new Map<string, PointFigures>();
    for (const point of orderOf(round, points))
      figures.set(point.name, await measurePoint(point, options.seconds));
    rounds.push(
      Object.fromEntries(points.map(({ name }) => [name, figures.get(name)])) as Record<string, PointFigures>,
    );
  }
  return rounds;
}

/** Every service gets its share of the claims, from all its connections. */
async function warmUp({ loads, connections }: Point, claims: number): Promise<void> {
  const job = warmUpJob(connections / loads.length, claims / loads.length);
  await Promise.all(loads.map((load) => load.run(job)));
}

async function measurePoint(point: Point, seconds: number): Promise<PointFigures> {
  const { services, store, loads, connections } = point;
  await warmUp(point, WARM_UP_CLAIMS);
  const before = { services: costsOf(services), store: costsOf(store) };
  const loop = { kind: 'closed-loop', lanes: connections / loads.length } as const;
  const found = await Promise.all(
    loads.map((load) => load.run({ ...loop, warmUpMs: 0, measureMs: 1_000 * seconds })),
  );
  const own = costBetween(before.services, costsOf(services));
  const others = costBetween(before.store, costsOf(store));
  const samples = sum(found.map((each) => each.samples));
  // The last grant of each connection ends after the measured time, so no sample counts it.
  const grants = samples + connections;
  return {
    samples,
    perSecond: sum(found.map((each) => each.perSecond)),
    p50Ms: median(found.map((each) => each.p50Ms)),
    p99Ms: Math.max(...found.map((each) => each.p99Ms)),
    serviceUs: own.processorUs / grants,
    storeUs: others.processorUs / grants,
    writtenBytes: (own.writtenBytes + others.writtenBytes) / grants,
    serviceMb: Math.max(...services.map((pid) => residentMb(pid))),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const COLUMNS = [
  ['rate', '/s', 'perSecond'],
  ['p50', 'ms', 'p50Ms'],
  ['p99', 'ms', 'p99Ms'],
  ['processor', 'us', 'serviceUs'],
  ['of the store', 'us', 'storeUs'],
  ['written', 'B', 'writtenBytes'],
  ['memory', 'MB', 'serviceMb'],
] as const;

function growthLines(name: GrowthName, rounds: Rounds): readonly string[] {
  const names = Object.keys(rounds[0] ?? {});
  const rows = names.map((point) => [
    point,
    ...COLUMNS.map(([, unit, value]) =>
      figure(median(rounds.map((round) => round[point]?.[value] ?? Number.NaN)), unit),
    ),
    spread(toFirst(rounds, point, 'serviceUs')),
  ]);
  return [...table([[name, ...COLUMNS.map(([column]) => column), 'processor to the first'], ...rows]), ''];
}
