import { NODES, SESSION_TTL_MS } from '../names.ts';
import type { Drawing } from './acts.ts';
import type { Step } from './plan.ts';

/** A renewal and its answer take this long at most while nothing fails. */
const RENEWED_MS = SESSION_TTL_MS / 3 + 100;

/** The restores of a plan: one, or two so that the second meets what the first left behind. */
export function drawRestores(drawing: Drawing): readonly Omit<Step, 'id'>[] {
  const { random, features, roughMs } = drawing;
  const store = features.has('restore-store');
  const disks = features.has('restore-disks');
  const nodes = features.has('restore-nodes');
  if (!store && !disks && !nodes) return [];
  const firstMs = random.int(3_000, Math.floor(roughMs / 2));
  const moments = random.chance(0.4) ? [firstMs, random.int(firstMs + 2_500, roughMs - 1_000)] : [firstMs];
  return moments.map((atMs) => ({ atMs, act: drawRestore(drawing, atMs) }));
}

function drawRestore(drawing: Drawing, atMs: number): Step['act'] {
  const { random, features, services } = drawing;
  const on = (name: 'restore-store' | 'restore-disks' | 'restore-nodes') => features.has(name);
  const all = Array.from({ length: services }, (_, index) => index);
  const some = (indexes: readonly number[]) => indexes.filter(() => random.chance(0.6));
  const survive = features.has('sessions-survive') && random.chance(0.7);
  const ageMs = random.pick([random.int(RENEWED_MS, 1_500), random.int(1_000, 4_000)]);
  return {
    kind: 'restore',
    backupAtMs: Math.max(1_000, atMs - ageMs),
    store: on('restore-store') && (!on('restore-disks') || random.chance(0.85)),
    disks: on('restore-disks') ? some(all) : [],
    nodes: on('restore-nodes') ? some(NODES.map((_, index) => index)) : [],
    outageMs: survive ? random.int(0, SESSION_TTL_MS / 3) : random.int(1, 2) * SESSION_TTL_MS + 400,
    restarts: survive ? [] : some(all),
    forget: features.has('words-lost') ? some(NODES.map((_, index) => index)) : [],
  };
}
