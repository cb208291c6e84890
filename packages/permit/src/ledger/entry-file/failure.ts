import { WRITING } from '../commits.ts';
import { failedFault, type Guard, isDiskFailure } from '../faults.ts';
import type { LedgerFault } from '../port.ts';

/** Ends the writing for good after the first failure of the disk. */
export interface Failure {
  /**
   * Run a write; after the first failure it throws the fault of that failure instead. A full disk is not a
   * failure: it may have room later. After any other error of the disk its content is unknown.
   */
  run<Result>(write: () => Result): Result;
  /** The disk failed now. Answers the fault of the first failure. */
  fail(cause: unknown): LedgerFault;
  hasFailed(): boolean;
}

/**
 * @param file path of the database, for faults
 * @param onFailed called at the first failure
 */
export function stopAtFailure(file: string, guarded: Guard, onFailed: (fault: LedgerFault) => void): Failure {
  let failed: LedgerFault | null = null;

  function fail(cause: unknown): LedgerFault {
    if (failed !== null) return failed;
    failed = failedFault(file, cause);
    onFailed(failed);
    return failed;
  }
  return {
    run: (write) =>
      guarded(WRITING, () => {
        if (failed !== null) throw failed;
        try {
          return write();
        } catch (error) {
          throw isDiskFailure(error) ? fail(error) : error;
        }
      }),
    fail,
    hasFailed: () => failed !== null,
  };
}
