import { takeLock } from '../lock/index.ts';
import { RotationFault } from './keys-fault.ts';

/**
 * One process at a time works on a record; a lock whose holder has ended is taken over. Returns the way to
 * give it back.
 */
export function lockRecord(file: string): () => void {
  const lock = takeLock(`${file}.lock`);
  if (lock.ok) return lock.release;
  throw new RotationFault(
    'busy',
    lock.pid === null
      ? `another process may work on ${file}: ${lock.detail}`
      : `process ${lock.pid} works on ${file}`,
    'wait until it ends, or end it; then run again',
  );
}
