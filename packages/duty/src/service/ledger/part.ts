import type { Clock, Random } from '@watchbill/kit';
import { type CommitHook, type GroupEnd, raise, type SqliteFile } from '../../store/index.ts';
import { faultGate, toLedgerFault } from './faults.ts';
import { noteQueue } from './notes.ts';
import { announcer, forkAnnouncer } from './subscribers.ts';
import { beginGroup, openTables } from './writer.ts';

export interface LedgerOptions {
  /** Data directory; created with mode 0700 if it is missing. */
  readonly dir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How many decisions without an entry are kept; 100,000 by default. Grants leave by a trim alone. */
  readonly maxDenials?: number;
  /** For tests: runs in place of each commit. */
  readonly aroundCommit?: CommitHook;
}

/** The ledger's part of its file: tables, groups of writes, and those who hear of them. */
export type LedgerPart = ReturnType<typeof joinLedger>;

/** Joins the tables of a ledger to its file. May throw errors of the engine, and for a damaged entry. */
export function joinLedger(file: SqliteFile, options: LedgerOptions) {
  const { clock, random, maxDenials = 100_000 } = options;
  const gate = faultGate(file.path);
  const subscribers = announcer();
  const forks = forkAnnouncer();
  /** Writes the decisions that wait for a commit. */
  const flush = (): void => {
    if (notes.pending().length > 0) file.flush();
  };
  const notes = noteQueue(clock, flush);
  const joined = file.join({
    open: (db) => openTables(db, { random, maxDenials }),
    begin: (tables) => {
      const group = beginGroup(tables);
      const pending = notes.pending();
      return {
        take: group.take,
        finish: () => group.finish(pending),
        ended: (how: GroupEnd) => {
          if (how !== 'kept') return;
          const written = group.settle();
          notes.taken(pending.length);
          forks.announce(written.forks);
          subscribers.announce(written.decisions);
        },
      };
    },
  });

  /**
   * Runs an act in the next group of writes. The file makes the writes durable, the function that the act
   * returned runs, and then the call settles. `size` counts for the bound of the waiting work.
   */
  async function write(act: () => (() => void) | undefined, size = 1): Promise<void> {
    gate.guarded(WRITING, () => undefined);
    try {
      const kept = await file.submit({ size, run: act, uncertain: raise }, NO_DEADLINE);
      kept?.();
    } catch (error) {
      throw toLedgerFault(WRITING, file.path, error);
    }
  }
  const close = (): void => {
    if (gate.closed()) return;
    file.flush();
    notes.stop();
    gate.close();
    file.close();
  };
  return { ...joined, file, clock, guarded: gate.guarded, notes, subscribers, forks, flush, write, close };
}

/** An entry whose mark the store has must be written, however long the disk stands still. */
const NO_DEADLINE = { timeoutMs: Number.POSITIVE_INFINITY };
const WRITING = 'entries cannot be written to the ledger';
