import { readFileSync } from 'node:fs';

/** Whether the process runs. One that has ended and that no parent has awaited does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
