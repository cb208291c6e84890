import { noteFaults } from '../../history/faults.ts';
import type { Fault } from '../../snapshot/history-shapes.ts';
import type { ProgrammeStore } from '../../storage/port.ts';

/** Stores new faults, and returns their number. */
export async function addFresh(
  store: ProgrammeStore,
  stashKey: string,
  book: readonly Fault[],
  faults: readonly Fault[],
): Promise<number> {
  const fresh = noteFaults(book, faults).filter((fault) => !book.includes(fault));
  return fresh.length === 0 ? 0 : store.history.addFaults(stashKey, fresh);
}
