import { atMost, type Budget } from '@watchbill/testkit/bench/budgets';
import { type Quartiles, quartiles } from '@watchbill/testkit/bench/statistics';
import type { Age } from '../aged-service.ts';

/** What grows from one point to the next. */
export type GrowthName = 'keys' | 'past grants' | 'services';

/** Growth of one service on the embedded store. */
export interface AgedGrowth {
  readonly name: Exclude<GrowthName, 'services'>;
  points(quick: boolean): readonly Age[];
}

/** A grant costs as much with a thousand times the keys or the past, and with five times the services. */
const LIMIT = 1.1;
const KEYS = [10, 100, 1_000, 10_000];
const QUICK_KEYS = [10, 100];
/** Keys of the services with a past: the same number, so that only the past differs. */
const PAST_KEYS = 100;
const PER_KEY = [10, 100, 1_000, 10_000, 100_000];
const QUICK_PER_KEY = [10, 100];

/** Services over one etcd. All together have the same keys and connections, so each has its share. */
const SERVICES = [1, 2, 5];
const QUICK_SERVICES = [1, 2];

export const servicesOf = (quick: boolean): readonly number[] => (quick ? QUICK_SERVICES : SERVICES);

export const AGED_GROWTHS: readonly AgedGrowth[] = [
  {
    name: 'keys',
    points: (quick) => (quick ? QUICK_KEYS : KEYS).map((keys) => ({ name: `keys-${keys}`, keys, perKey: 0 })),
  },
  {
    name: 'past grants',
    points: (quick) =>
      (quick ? QUICK_PER_KEY : PER_KEY).map((perKey) => ({
        name: `past-${PAST_KEYS * perKey}`,
        keys: PAST_KEYS,
        perKey,
      })),
  },
];

/** One point in one round: all its services together. Processor and bytes for each grant. */
export interface PointFigures {
  readonly samples: number;
  readonly perSecond: number;
  /** Of the service in the middle. */
  readonly p50Ms: number;
  /** Of the slowest service. */
  readonly p99Ms: number;
  readonly serviceUs: number;
  /** 0 if the store runs in the process of the service. */
  readonly storeUs: number;
  readonly writtenBytes: number;
  /** Of the largest service. */
  readonly serviceMb: number;
}

/** The points by their names, from the smallest to the largest, for each round. */
export type Rounds = readonly Readonly<Record<string, PointFigures>>[];

/** A figure of a point divided by that of the smallest one, in each round. */
export function toFirst(rounds: Rounds, name: string, figure: keyof PointFigures): Quartiles {
  return quartiles(
    rounds.map((round) => {
      const [first] = Object.values(round);
      const point = round[name];
      if (first === undefined || point === undefined) throw new Error(`a round has no point ${name}`);
      return point[figure] / first[figure];
    }),
  );
}

/** The largest point against the smallest: processor of services for each grant, and median latency. */
export function growthBudgets(name: GrowthName, rounds: Rounds): readonly Budget[] {
  const largest = Object.keys(rounds[0] ?? {}).at(-1) ?? '';
  const what = name === 'past grants' ? 'past' : name;
  const budget = (title: string, figure: keyof PointFigures): Budget =>
    atMost(`${what}${title}`, toFirst(rounds, largest, figure).middle, LIMIT, 'x');
  return [budget('ProcessorGrowth', 'serviceUs'), budget('P50Growth', 'p50Ms')];
}
