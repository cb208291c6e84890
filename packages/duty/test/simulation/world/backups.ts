import type { MemorySnapshot } from '@watchbill/duty/store/testing/memory-store';
import type { SimDisk } from '@watchbill/testkit/sim';
import type { TruthCopy } from './truth.ts';
import type { Told, World } from './world.ts';

/** Everything that a restore may put back, as it was at one moment. */
export interface Backup {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly store: MemorySnapshot;
  readonly truth: TruthCopy;
  readonly disks: readonly SimDisk[];
  readonly nodes: readonly ReadonlyMap<string, Told>[];
}

export function takeBackup(world: World): Backup {
  return {
    atMs: world.clock.monotonicMs(),
    store: world.store.snapshot(),
    truth: world.truth.copy(),
    disks: world.services.map(({ disk }) => structuredClone(disk)),
    nodes: world.nodes.map(({ told }) => new Map(told)),
  };
}

/** The disk of a service goes back. What it held until now stays known as evidence. */
export function restoreDisk(world: World, index: number, backup: Backup): void {
  const service = world.services[index];
  const disk = backup.disks[index];
  if (service === undefined || disk === undefined) return;
  for (const [mark, entries] of service.disk.entries) {
    const kept = world.evidence.get(mark) ?? [];
    world.evidence.set(mark, kept);
    kept.push(...entries.values());
  }
  service.disk = structuredClone({ ...disk, full: false });
}
