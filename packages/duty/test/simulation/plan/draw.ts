import {
  createSeededRandom,
  type NetworkFaults,
  NO_FAULTS,
  type SeededRandom,
  type StoreFaults,
} from '@watchbill/testkit/sim';
import { START_MS } from '../names.ts';
import { chainRound } from '../nodes/chain.ts';
import { type Drawing, drawAct, drawWrongClock } from './acts.ts';
import { compatible, DRAWN_APART, FEATURES, type Feature } from './features.ts';
import type { Plan, Sabotage, Step } from './plan.ts';
import { drawRestores, drawRollingRestarts } from './restores.ts';

export interface DrawOptions {
  /** These features and no others, instead of drawn ones. */
  readonly features?: readonly Feature[];
  readonly safetyOnly?: boolean;
  readonly sabotage?: Sabotage;
}

const ROUGH_MS: readonly [number, number] = [10_000, 22_000];

/** The plan of a seed: the same text gives the same plan. */
export function drawPlan(seed: string, options: DrawOptions = {}): Plan {
  const random = createSeededRandom(`plan/${seed}`);
  const features = drawFeatures(random.fork('features'), options);
  const on = (feature: Feature) => features.has(feature);
  const roughMs = random.int(...ROUGH_MS);
  const services = on('trusted-returns') ? 1 : on('third-service') ? 3 : 2;
  const keys = on('second-key') || on('original-wire') || on('scope-changes') ? 2 : 1;
  const drawing: Drawing = { random: random.fork('steps'), features, services, keys, roughMs };
  return {
    seed,
    options: optionsText(options),
    features,
    services,
    keys,
    roughMs,
    store: storeFaults(on),
    network: networkFaults(on),
    failpoint: on('failpoints') ? random.pick([0.002, 0.01, 0.03]) : 0,
    diskFailure: on('full-disks') ? 0.01 : 0,
    steps: drawSteps(drawing),
    newSetAt: on('set-changes') ? chainRound(START_MS + Math.floor(roughMs / 2)) : null,
    // Under an epoch that no recovery began, memories of the old one hold every key.
    isGuided: on('new-epochs') || random.fork('guided').chance(GUIDED),
    safetyOnly: options.safetyOnly === true,
    sabotage: options.sabotage ?? 'none',
  };
}

function optionsText({ features, safetyOnly }: DrawOptions): string {
  const chosen = features === undefined ? '' : ` --features ${features.join(',')}`;
  return `${chosen}${safetyOnly === true ? ' --safety-only' : ''}`;
}

/** Each feature is on with the same probability, which differs from seed to seed. */
function drawFeatures(random: SeededRandom, options: DrawOptions): ReadonlySet<Feature> {
  if (options.features !== undefined) return compatible(options.features);
  const density = random.pick([0.25, 0.4, 0.6]);
  const drawn = FEATURES.filter(
    (feature) => !DRAWN_APART.includes(feature) && random.chance(CHANCES[feature] ?? density),
  );
  const apart = DRAWN_APART.filter((feature) => random.fork(feature).chance(density));
  return compatible([...drawn, ...apart]);
}

/** How often the operator runs `watchbill recover` after the last fault, though it may not be needed. */
const GUIDED = 0.25;

/** Features with a probability of their own. */
const CHANCES: Readonly<Partial<Record<Feature, number>>> = {
  probes: 0.8,
  'new-epochs': 0.1,
  'trusted-returns': 0.07,
};

function drawSteps(drawing: Drawing): readonly Step[] {
  const { random, features, roughMs } = drawing;
  const steps: Step[] = [];
  const meanMs = features.has('dense') ? 350 : random.pick([700, 1_500, 3_000]);
  for (let atMs = random.int(500, 2 * meanMs); atMs < roughMs - 1_000; atMs += random.int(50, 2 * meanMs)) {
    const act = drawAct(drawing);
    if (act !== null) steps.push({ id: steps.length + 1, atMs, act });
  }
  const others = [drawRestores, drawRollingRestarts, drawWrongClock].flatMap((draw) => draw(drawing));
  for (const { atMs, act } of others) steps.push({ id: steps.length + 1, atMs, act });
  return steps.sort((a, b) => a.atMs - b.atMs || a.id - b.id);
}

function storeFaults(on: (feature: Feature) => boolean): StoreFaults {
  if (!on('lossy-store') && !on('ambiguous-store')) return { ...NO_FAULTS, delayMs: [1, 5] };
  const lossy = on('lossy-store') ? 0.03 : 0;
  return {
    delayMs: [1, 12],
    loseAnswer: on('ambiguous-store') ? 0.25 : lossy,
    loseRequest: on('ambiguous-store') ? 0.05 : lossy,
    applyLate: on('ambiguous-store') ? 0.2 : lossy,
    lateMs: [1, 600],
    applySome: lossy / 3,
    refuse: lossy,
    loseOther: lossy,
  };
}

function networkFaults(on: (feature: Feature) => boolean): NetworkFaults {
  if (!on('lossy-network')) return { delayMs: [1, 5], lose: 0, double: 0 };
  return { delayMs: [1, 15], lose: 0.04, double: 0.1 };
}
