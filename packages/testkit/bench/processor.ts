import { readdirSync, readFileSync } from 'node:fs';

/**
 * What a process used of the processor, and how long its threads were ready to run and had to wait for a
 * core; microseconds.
 */
export interface Used {
  readonly ranUs: number;
  readonly waitedUs: number;
}

const NANOSECONDS = 1_000;

/**
 * Of all threads of the process that live: `/proc/PID/task/TID/schedstat` (proc(5)), in nanoseconds and so
 * exact where ticks are not.
 */
export function used(pid: number): Used {
  let [ran, waited] = [0, 0];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [first = '', second = ''] = textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ');
    ran += Number(first);
    waited += Number(second);
  }
  return { ranUs: ran / NANOSECONDS, waitedUs: waited / NANOSECONDS };
}

/** What the main thread of a process used, in microseconds. */
export function usedByMain(pid: number): number {
  return Number(textOf(`/proc/${pid}/task/${pid}/schedstat`).split(' ')[0]) / NANOSECONDS;
}

/** Empty for a thread that has ended since. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Processor time of a process with its threads that ended, in ticks of 10 ms: for one whose threads come and
 * go.
 */
export function usedByAll(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold anything; utime and stime are the 14th and 15th fields.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** `USER_HZ` is 100 on every architecture of today. */
const TICK_US = 10_000;

/**
 * Time that the host took from this machine, all cores together, in microseconds since it started: `steal` of
 * `/proc/stat`.
 */
export function stolenUs(): number {
  return Number(readFileSync('/proc/stat', 'utf8').split(/\s+/)[8]) * TICK_US;
}
