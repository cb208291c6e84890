import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { type ProcessMark, processMark, sameProcess } from '../local/process-mark.ts';
import { RotationFault } from './fault.ts';

/** One process at a time works on a record; a lock whose holder has ended is taken over. Returns the way to give it back. */
export function lockRecord(file: string): () => void {
  const lock = `${file}.lock`;
  for (let attempt = 0; attempt < 2; attempt++) {
    if (taken(lock)) return () => rmSync(lock, { force: true });
    const holder = holderOf(lock);
    if (holder !== null && sameProcess(holder))
      throw new RotationFault(
        'busy',
        `process ${holder.pid} works on ${file}`,
        'wait until it ends, or end it; then run again',
      );
    rmSync(lock, { force: true });
  }
  throw new RotationFault('busy', `another process works on ${file}`, 'wait until it ends; then run again');
}

function taken(lock: string): boolean {
  try {
    const handle = openSync(lock, 'wx', 0o600);
    writeSync(handle, JSON.stringify(processMark(process.pid)));
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function holderOf(lock: string): ProcessMark | null {
  try {
    const { pid, startTicks } = JSON.parse(readFileSync(lock, 'utf8')) as Partial<ProcessMark>;
    return typeof pid === 'number' && typeof startTicks === 'string' ? { pid, startTicks } : null;
  } catch {
    return null;
  }
}
