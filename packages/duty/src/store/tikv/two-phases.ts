import type { Budget } from '../grpc/budget.ts';
import { type Attempt, type Settled, undo, type Writer } from './attempt.ts';
import { commit } from './commit.ts';
import { prewrite } from './prewrite.ts';

/**
 * Lock, decide, commit. `decide` is called when every lock is held, and returns the timestamp to commit at,
 * or null not to commit. If there is no commit, the locks are taken back.
 */
export async function inTwoPhases(
  writer: Writer,
  attempt: Attempt,
  budget: Budget,
  decide: () => Promise<bigint | null>,
): Promise<Settled> {
  const unlocked = await prewrite(writer, attempt, budget);
  if (unlocked !== null) return unlocked;
  const takeBack = () => undo(writer, attempt, attempt.keys, budget);
  let commitTs: bigint | null;
  try {
    commitTs = await decide();
  } catch (error) {
    await takeBack();
    throw error;
  }
  if (commitTs !== null) return commit(writer, attempt, commitTs, budget);
  await takeBack();
  return { kind: 'again', wait: true };
}
