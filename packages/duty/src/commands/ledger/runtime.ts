import { resolve } from 'node:path';
import { Fault, fault, systemFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { OpenLedgerFile } from '../../proof/index.ts';
import type { LedgerFault } from '../../service/index.ts';

/** The readers and proofs of ledgers; loaded when a command of this folder runs. */
export async function loadProof() {
  const [proof, recovery] = await Promise.all([
    import('../../proof/index.ts'),
    import('../../proof/recovery/index.ts'),
  ]);
  return { ...proof, ...recovery };
}

/** Runs `work` with the ledger of a data folder open for reading. */
export async function withLedgerFile<Result>(
  io: Io,
  dir: string,
  work: (source: OpenLedgerFile) => Promise<Result> | Result,
): Promise<Result> {
  const { openLedgerFile } = await loadProof();
  const folder = resolve(io.cwd, dir);
  return asFault(folder, async () => {
    const source = openLedgerFile(folder);
    try {
      return await work(source);
    } finally {
      source.close();
    }
  });
}

/** Turns errors of the ledger, an export or a file into faults of the command. */
export async function asFault<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw known(error, path) ?? error;
  }
}

function known(error: unknown, path: string): Fault | null {
  if (!(error instanceof Fault)) return systemFault(error, path);
  if (error.name !== 'LedgerFault') return error;
  const { message: what, remedy } = error as LedgerFault;
  return fault('ledger-unreadable', 'usage', { what, where: path, remedy }, error);
}

/** A line on standard error at most every second, for a person who waits. Silent in programs. */
export function progress(io: Io, isWanted: boolean): (text: string) => void {
  const EVERY_MS = 1_000;
  let next = io.clock.monotonicMs() + EVERY_MS;
  return (text) => {
    if (!isWanted || io.clock.monotonicMs() < next) return;
    next = io.clock.monotonicMs() + EVERY_MS;
    io.err(`${text}\n`);
  };
}
