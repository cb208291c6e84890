import { type AgedService, makeAged } from './aged-service.ts';
import { figure } from './budgets.ts';
import { costBetween, costsOf, residentMb } from './cost.ts';
import {
  GROWTHS,
  type Growth,
  growthBudgets,
  type PointFigures,
  type Rounds,
  toFirst,
} from './growth/points.ts';
import type { LoadProcess } from './load/process.ts';
import { warmUpJob } from './load/warm-up.ts';
import { describeMachine, machineLines } from './machine.ts';
import type { Options } from './options.ts';
import { spread } from './peers/lines.ts';
import { type Report, table } from './report.ts';
import { orderOf } from './rounds.ts';
import type { Stage } from './stage.ts';
import { median } from './statistics.ts';

/** The smallest service has as many keys. */
const CONNECTIONS = 8;
/** Claims to each service before its first round, which would measure the compiler, and before each round. */
const FIRST_CLAIMS = 3_000;
const WARM_UP_CLAIMS = 100;

interface Point {
  readonly name: string;
  readonly pid: number;
  readonly load: LoadProcess;
}

/** The cost of a grant on the embedded store, with more keys and with more past grants. */
export async function measureGrowth(stage: Stage, options: Options): Promise<Report> {
  const machine = describeMachine(stage.folder);
  const rounds = new Map<string, Rounds>();
  const made: string[] = [];
  for (const growth of GROWTHS) {
    const points: Point[] = [];
    for (const age of growth.points(options.quick)) {
      const aged = await makeAged(stage, age, CONNECTIONS);
      points.push(await startPoint(stage, age.name, aged));
      made.push(`${age.name}: ${age.keys} keys, ${aged.grants} past grants`);
      process.stderr.write(`${made.at(-1)}\n`);
    }
    rounds.set(growth.name, await measureRounds(points, options));
  }
  const budgets = GROWTHS.flatMap((growth) => growthBudgets(growth.name, rounds.get(growth.name) ?? []));
  const tables = GROWTHS.flatMap((growth) => growthLines(growth, rounds.get(growth.name) ?? []));
  const about = `${CONNECTIONS} connections that ask again at once, ${options.rounds} rounds of ${options.seconds} s`;
  return {
    figures: { machine, made, rounds: Object.fromEntries(rounds) },
    lines: [...machineLines(machine), about, ...made, '', ...tables],
    budgets,
  };
}

async function startPoint(stage: Stage, name: string, aged: AgedService): Promise<Point> {
  const service = await aged.start();
  const load = await aged.claims.start(stage, service);
  return { name, pid: service.pid, load };
}

async function measureRounds(points: readonly Point[], options: Options): Promise<Rounds> {
  for (const { load } of points) await load.run(warmUpJob(CONNECTIONS, FIRST_CLAIMS));
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

async function measurePoint({ pid, load }: Point, seconds: number): Promise<PointFigures> {
  await load.run(warmUpJob(CONNECTIONS, WARM_UP_CLAIMS));
  const before = costsOf([pid]);
  const { samples, perSecond, p50Ms, p99Ms } = await load.run({
    ...{ kind: 'closed-loop', lanes: CONNECTIONS },
    ...{ warmUpMs: 0, measureMs: 1_000 * seconds },
  });
  const cost = costBetween(before, costsOf([pid]));
  // The last grant of each connection ends after the measured time, so no sample counts it.
  const grants = samples + CONNECTIONS;
  return {
    ...{ samples, perSecond, p50Ms, p99Ms },
    serviceUs: cost.processorUs / grants,
    writtenBytes: cost.writtenBytes / grants,
    serviceMb: residentMb(pid),
  };
}

const COLUMNS = [
  ['rate', '/s', 'perSecond'],
  ['p50', 'ms', 'p50Ms'],
  ['p99', 'ms', 'p99Ms'],
  ['processor', 'us', 'serviceUs'],
  ['written', 'B', 'writtenBytes'],
  ['memory', 'MB', 'serviceMb'],
] as const;

function growthLines({ name }: Growth, rounds: Rounds): readonly string[] {
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
