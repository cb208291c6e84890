import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** What the figures were taken on. */
export interface Machine {
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  /** Of the last minute, when the bench began: others' work makes every figure worse. */
  readonly loadBefore: number;
  /** False where the temporary folder is in memory: then a sync costs nothing and the figures mean little. */
  readonly onDisk: boolean;
}

/** `f_type` of tmpfs and ramfs: statfs(2). */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];

export function describeMachine(folder: string): Machine {
  return {
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    onDisk: !IN_MEMORY.includes(statfsSync(folder).type),
  };
}

export function machineLines(machine: Machine): readonly string[] {
  const { node, processor, cores, loadBefore, onDisk } = machine;
  const lines = [`node ${node} on ${cores} cores (${processor}), load ${loadBefore} before`];
  if (!onDisk)
    lines.push(
      'WARNING the temporary folder is in memory, so syncs cost nothing: set TMPDIR to a folder on a disk',
    );
  return lines;
}
