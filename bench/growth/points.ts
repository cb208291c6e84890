import type { Age } from '../aged-service.ts';
import type { Budget } from '../budgets.ts';
import { type Quartiles, quartiles } from '../statistics.ts';

/** What grows from one service to the next. */
export interface Growth {
  readonly name: 'keys' | 'past grants';
  points(quick: boolean): readonly Age[];
}

/** A grant costs as much with a thousand times the keys, and with a thousand times the past. */
const LIMIT = 1.1;
const KEYS = [10, 100, 1_000, 10_000];
const QUICK_KEYS = [10, 100];
/** Keys of the services with a past: the same number, so that only the past differs. */
const PAST_KEYS = 100;
const PER_KEY = [10, 100, 1_000, 10_000];
const QUICK_PER_KEY = [10, 100];

export const GROWTHS: readonly Growth[] = [
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

/** One service in one round; processor and bytes for each grant. */
export interface PointFigures {
  readonly samples: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serviceUs: number;
  readonly writtenBytes: number;
  readonly serviceMb: number;
}

/** The services by their names, from the smallest to the largest, for each round. */
export type Rounds = readonly Readonly<Record<string, PointFigures>>[];

/** A figure of a service divided by that of the smallest one, in each round. */
export function toFirst(rounds: Rounds, name: string, figure: keyof PointFigures): Quartiles {
  return quartiles(
    rounds.map((round) => {
      const [first] = Object.values(round);
      const point = round[name];
      if (first === undefined || point === undefined) throw new Error(`a round has no service ${name}`);
      return point[figure] / first[figure];
    }),
  );
}

/** The largest service against the smallest: processor for each grant, and the median latency. */
export function growthBudgets(name: Growth['name'], rounds: Rounds): readonly Budget[] {
  const largest = Object.keys(rounds[0] ?? {}).at(-1) ?? '';
  const what = name === 'keys' ? 'keys' : 'past';
  const budget = (title: string, figure: keyof PointFigures): Budget => ({
    ...{ name: `${what}${title}`, limit: LIMIT, bound: 'at most', unit: 'x' },
    value: toFirst(rounds, largest, figure).middle,
  });
  return [budget('ProcessorGrowth', 'serviceUs'), budget('P50Growth', 'p50Ms')];
}
