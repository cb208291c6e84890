import { readdirSync, readFileSync } from 'node:fs';
import { used } from './processor.ts';

/** What a process used since it started. */
export interface Cost {
  readonly processorUs: number;
  /**
   * `wchar` of `/proc/PID/io`: bytes passed to write(2) and its like, sockets included. `write_bytes`
   * counts whole pages that become dirty, so it says little of small appends.
   */
  readonly writtenBytes: number;
}

export type Costs = ReadonlyMap<number, Cost>;

/** Every process by its id, with the id of its parent. */
export function parents(): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = orNull(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
    if (stat !== null) found.set(Number(name), parentIn(stat));
  }
  return found;
}

/** The fourth field of `/proc/PID/stat`; the second is a name in brackets that may hold anything. */
export function parentIn(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** A process and all processes below it. */
export function withDescendants(pid: number, parentOf: ReadonlyMap<number, number>): readonly number[] {
  const family = [pid];
  for (const member of family)
    for (const [child, parent] of parentOf) if (parent === member) family.push(child);
  return family;
}

/** The child of this process that has a text in its command line. Throws unless there is exactly one. */
export function childWith(text: string): number {
  const children = [...parents()].filter(([, parent]) => parent === process.pid).map(([pid]) => pid);
  const found = children.filter((pid) =>
    orNull(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.includes(text),
  );
  const [pid] = found;
  if (pid === undefined || found.length > 1)
    throw new Error(`${found.length} child processes have ${text} in their command line, not 1`);
  return pid;
}

/** A process that has ended since is left out. */
export function costsOf(pids: readonly number[]): Costs {
  const costs = new Map<number, Cost>();
  for (const pid of pids) {
    const cost = orNull(() => ({
      processorUs: used(pid).ranUs,
      writtenBytes: fieldIn(`/proc/${pid}/io`, 'wchar'),
    }));
    if (cost !== null) costs.set(pid, cost);
  }
  return costs;
}

/**
 * The cost between two readings, of all processes of the later one together. A process that ended meanwhile
 * is not in it.
 */
export function costBetween(before: Costs, after: Costs): Cost {
  const total = { processorUs: 0, writtenBytes: 0 };
  for (const [pid, late] of after) {
    const early = before.get(pid);
    total.processorUs += late.processorUs - (early?.processorUs ?? 0);
    total.writtenBytes += late.writtenBytes - (early?.writtenBytes ?? 0);
  }
  return total;
}

const MB = 1_000_000;
const KIB = 1_024;

/** Resident memory of one process, in millions of bytes; `VmHWM`: the most that it ever had. */
export function residentMb(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  return (KIB * fieldIn(`/proc/${pid}/status`, field)) / MB;
}

/** Memory of processes that share some of it, in millions of bytes: each shared page counts once. */
export function sharedMb(pids: readonly number[]): number {
  const sizes = pids.map((pid) => orNull(() => fieldIn(`/proc/${pid}/smaps_rollup`, 'Pss')) ?? 0);
  return (KIB * sizes.reduce((sum, size) => sum + size, 0)) / MB;
}

function fieldIn(file: string, name: string): number {
  return numberIn(readFileSync(file, 'utf8'), name, file);
}

/** The number of a line `NAME: NUMBER`, with or without a unit behind it. */
export function numberIn(text: string, name: string, file: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`${file} has no line ${name}: NUMBER`);
  return Number(found);
}

/** Null for a process that has ended; other errors go on. */
function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
