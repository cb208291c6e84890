import type { Budget } from '../grpc/budget.ts';
import { StoreFault } from '../port.ts';
import { type Attempt, endingOf, type Settled, undo, type Writer } from './attempt.ts';
import { damagedFault } from './faults.ts';
import { fateOf } from './locks.ts';
import { LAST_TIMESTAMP } from './timestamp.ts';

/**
 * Final: the status of the primary, which is rolled back if it is neither committed nor rolled back. `lost`
 * is the fault of a commit whose answer did not come; null if every commit was answered.
 *
 * The answer "rolled back" does not settle a commit without an answer: a store that was restored in between
 * gives it for a transaction that it had applied before. The result is `ambiguous`, and the caller reads and
 * decides again.
 */
export async function settle(
  writer: Writer,
  attempt: Attempt,
  commitTs: bigint | null,
  lost: StoreFault | null,
  budget: Budget,
): Promise<Settled> {
  const { startTs, primary, keys } = attempt;
  try {
    const question = { primary, startTs, nowTs: LAST_TIMESTAMP, over: true };
    const fate = await fateOf(writer.cluster, question, budget);
    if (fate.state === 'committed') {
      if (commitTs === null || fate.commitTs === commitTs) return { kind: 'applied' };
      throw damagedFault(
        `transaction ${startTs} was committed at ${fate.commitTs}, a timestamp that this client never sent`,
      );
    }
    if (fate.state === 'alive')
      throw damagedFault(`transaction ${startTs} neither committed nor rolled back`);
    const others = keys.filter((key) => key !== primary);
    await undo(writer, attempt, others, budget);
    if (lost !== null) return { kind: 'ambiguous', cause: lost };
    return { kind: 'again', wait: false };
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    // A commit was sent and the store answered about it, so it may have had an effect.
    return { kind: 'ambiguous', cause: lost ?? endingOf(budget, error) };
  }
}
