import { randomInt } from 'node:crypto';
import { after } from 'node:test';
import { messageOf } from '../text/message.ts';
import { type Clock, systemClock } from '../time/clock.ts';

/** How long the simulations of one file may take, and with which seeds. */
export interface SeedBudgetOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** For all loops of the file together. */
  readonly seconds: number;
  /** Seeds are whole numbers that count up from this one. */
  readonly firstSeed: number;
  /** Whether `firstSeed` was drawn: then the summary names it. */
  readonly isDrawn: boolean;
  /** One seed to run again; null runs as many as the budget allows. */
  readonly onlySeed: string | null;
  /** The unit of the steps, for example `windows`. */
  readonly unit: string;
}

export interface SeedLoop {
  /** The part of the seconds that this loop may use, from 0 to 1. */
  readonly share: number;
  /** This many seeds run, no matter how long they take; at least 1. */
  readonly minSeeds: number;
  /** Seeds that once showed a defect; each of them runs first. */
  readonly known?: readonly string[];
}

/** The loops over seeds of one file of simulations. */
export interface SeedBudget {
  /**
   * Runs `simulate` with one seed after another while the loop's share of the seconds is likely to hold one
   * more. Returns the seeds that ran. An error of `simulate` rejects with the seed in its text.
   */
  run(loop: SeedLoop, simulate: Simulate): Promise<readonly string[]>;
  /** For example `simulation: 212 seeds, 48,300 windows in 20 s`. */
  summary(): string;
}

/** One run. Returns how many steps it took. */
export type Simulate = (seed: string) => number | Promise<number>;

/** The budget of the environment for this file of tests. It prints its summary when they are over. */
export function seedBudget(unit: string, onlySeed: string | null): SeedBudget {
  const budget = createSeedBudget({ ...readSeedBudget(process.env), clock: systemClock(), onlySeed, unit });
  after(() => process.stdout.write(`${budget.summary()}\n`));
  return budget;
}

/** A budget of time for loops over seeds; see {@link readSeedBudget} for the environment. */
export function createSeedBudget(options: SeedBudgetOptions): SeedBudget {
  const { clock, onlySeed, unit } = options;
  const total = { seeds: 0, steps: 0, ms: 0 };

  async function one(simulate: Simulate, seed: string): Promise<void> {
    const startMs = clock.monotonicMs();
    try {
      total.steps += await simulate(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${messageOf(error)}`, { cause: error });
    } finally {
      total.seeds += 1;
      total.ms += clock.monotonicMs() - startMs;
    }
  }

  return {
    run: async ({ share, minSeeds, known = [] }, simulate) => {
      if (!(minSeeds >= 1)) throw new RangeError(`minSeeds must be at least 1; got ${minSeeds}`);
      const limitMs = options.seconds * 1_000 * share;
      const startMs = clock.monotonicMs();
      const ran: string[] = [];
      const hasTime = (): boolean => {
        const tookMs = clock.monotonicMs() - startMs;
        return tookMs < limitMs && tookMs + tookMs / ran.length <= limitMs;
      };
      const fixed = onlySeed === null ? known : [onlySeed];
      for (const seed of fixed) {
        await one(simulate, seed);
        ran.push(seed);
      }
      for (let count = 0; onlySeed === null && (count < minSeeds || hasTime()); count++) {
        const seed = String(options.firstSeed + count);
        await one(simulate, seed);
        ran.push(seed);
      }
      return ran;
    },
    summary: () => {
      const [seeds, steps, seconds] = [total.seeds, total.steps, Math.round(total.ms / 1_000)].map((value) =>
        value.toLocaleString('en-US'),
      );
      const drawn = options.isDrawn && onlySeed === null ? `, seeds from ${options.firstSeed}` : '';
      return `simulation: ${seeds} seeds, ${steps} ${unit} in ${seconds} s${drawn}`;
    },
  };
}

const SECONDS = 12;
/** In the long form. */
const LONG_SECONDS = 100;
const SEED_LIMIT = 2 ** 31;

/**
 * The seconds and seeds that the environment asks for: `WATCHBILL_SIMULATION_SECONDS`, else 12 and in the
 * long form (`WATCHBILL_LONG=1`) 100. Seeds begin at 1; in the long form at a number that is drawn. Throws if
 * the seconds are not a number.
 */
export function readSeedBudget(
  env: Readonly<Record<string, string | undefined>>,
  draw: () => number = () => randomInt(1, SEED_LIMIT),
): Pick<SeedBudgetOptions, 'seconds' | 'firstSeed' | 'isDrawn'> {
  const isLong = env.WATCHBILL_LONG === '1';
  const text = env.WATCHBILL_SIMULATION_SECONDS;
  const seconds = text === undefined ? (isLong ? LONG_SECONDS : SECONDS) : Number(text);
  if (text?.trim() === '' || !(seconds >= 0 && seconds < Number.POSITIVE_INFINITY))
    throw new Error(
      `WATCHBILL_SIMULATION_SECONDS must be a number of seconds, for example 20; got "${text}"`,
    );
  return { seconds, firstSeed: isLong ? draw() : 1, isDrawn: isLong };
}
