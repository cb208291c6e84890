import { NODES, SESSION_TTL_MS } from '../names.ts';
import type { Drawing } from './acts.ts';
import type { Step } from './plan.ts';

/** A renewal and its answer take this long at most while nothing fails. */
const RENEWED_MS = SESSION_TTL_MS / 3 + 100;

const AGES_MS: readonly (readonly [number, number])[] = [
  [RENEWED_MS, 1_500],
  [1_000, 4_000],
  [5_000, 9_000],
];

/** The restores of a plan: one, or two so that the second meets what the first left behind. */
export function drawRestores(drawing: Drawing): readonly Omit<Step, 'id'>[] {
  const { random, features, roughMs } = drawing;
  const store = features.has('restore-store');
  const disks = features.has('restore-disks');
  const nodes = features.has('restore-nodes');
  if (!store && !disks && !nodes) return [];
  if (features.has('dense')) return drawMany(drawing);
  const firstMs = random.int(3_000, Math.floor(roughMs / 2));
  const moments = random.chance(0.4) ? [firstMs, random.int(firstMs + 2_500, roughMs - 1_000)] : [firstMs];
  return moments.map((atMs) => ({ atMs, act: drawRestore(drawing, atMs) }));
}

/** A restore every few seconds, soon after its backup. */
function drawMany(drawing: Drawing): readonly Omit<Step, 'id'>[] {
  const { random, roughMs } = drawing;
  const steps: Omit<Step, 'id'>[] = [];
  for (let atMs = random.int(2_000, 3_000); atMs < roughMs - 1_000; atMs += random.int(2_500, 5_000))
    steps.push({ atMs, act: drawRestore(drawing, atMs) });
  return steps;
}

const BETWEEN_MS: readonly [number, number] = [1_200, 2_500];
const DOWN_MS: readonly [number, number] = [50, 400];

/** One service after the other starts again, as in an upgrade. */
export function drawRollingRestarts(drawing: Drawing): readonly Omit<Step, 'id'>[] {
  const { random, features, services, roughMs } = drawing;
  if (!features.has('rolling-restarts')) return [];
  const steps: Omit<Step, 'id'>[] = [];
  for (let atMs = random.int(2_000, 4_000), at = 0; atMs < roughMs - 2_000; at += 1) {
    const act = { kind: 'crash-service', service: at % services, lastsMs: random.int(...DOWN_MS) } as const;
    steps.push({ atMs, act });
    atMs += random.int(...BETWEEN_MS);
  }
  return steps;
}

function drawRestore(drawing: Drawing, atMs: number): Step['act'] {
  const { random, features, services } = drawing;
  const on = (name: 'restore-store' | 'restore-disks' | 'restore-nodes') => features.has(name);
  const all = Array.from({ length: services }, (_, index) => index);
  const some = (indexes: readonly number[]) => indexes.filter(() => random.chance(0.6));
  const survive = features.has('sessions-survive') && random.chance(0.7);
  // The oldest ones lie further back than the ceiling of the policy, but not than the base.
  const ageMs = random.int(...random.pick(AGES_MS));
  return {
    kind: 'restore',
    backupAtMs: Math.max(1_000, atMs - ageMs),
    store: on('restore-store') && (!on('restore-disks') || random.chance(0.85)),
    disks: !on('restore-disks') ? [] : random.chance(0.4) ? all : some(all),
    nodes: on('restore-nodes') ? some(NODES.map((_, index) => index)) : [],
    outageMs: survive ? random.int(0, SESSION_TTL_MS / 3) : random.int(1, 2) * SESSION_TTL_MS + 400,
    restarts: survive ? [] : some(all),
    forget: features.has('words-lost') ? some(NODES.map((_, index) => index)) : [],
  };
}
