import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A process that cannot be taken for another which got its number later. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks from the start of the machine to that of the process: field 22 of /proc/PID/stat. */
  readonly startTicks: string;
}

export const markShape: z.ZodType<ProcessMark> = z.strictObject({
  pid: z.int().min(2),
  startTicks: z.string(),
});

/** Null if there is no such process. */
export function processMark(pid: number): ProcessMark | null {
  const startTicks = startOf(pid);
  return startTicks === null ? null : { pid, startTicks };
}

/** Whether exactly this process is alive. A zombie is not. */
export function sameProcess({ pid, startTicks }: ProcessMark): boolean {
  return startOf(pid) === startTicks;
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in brackets and may contain any text.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
  } catch (error) {
    // If the state of a process is unknown, for example because too many files are open, it must not count as
    // ended.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
