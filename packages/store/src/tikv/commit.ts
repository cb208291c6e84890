import { StoreFault } from '../port.ts';
import { type Attempt, type Settled, undo, type Writer } from './attempt.ts';
import type { Budget } from './budget.ts';
import { Tikv } from './gen/tikvpb_pb.js';
import { attemptAt, byRegion, spreadOver } from './requests.ts';
import { settle } from './settle.ts';

/**
 * Second phase. The commit of the primary decides; it is repeated until a store says what became of it. `applied` is
 * told when a store said so, nothing else. Once a commit may have arrived, the end of the budget is `ambiguous`.
 * Throws a fault where it is certain that no commit arrived.
 */
export async function commit(
  writer: Writer,
  attempt: Attempt,
  commitTs: bigint,
  budget: Budget,
): Promise<Settled> {
  const [primary] = attempt.mutations;
  if (primary === undefined) throw new Error('a transaction of no writes was to be committed');
  let lost: StoreFault | null = null;
  for (let tries = 0; ; tries += 1) {
    if (budget.signal.aborted || budget.leftMs() <= leastMs(tries, lost))
      return late(writer, attempt, lost, budget);
    const step = await commitOnce(writer, attempt, primary.key, commitTs, budget);
    if (step.kind === 'applied') return step;
    if (step.kind === 'unsure') lost = step.fault;
    if (step.kind === 'asked') return settle(writer, attempt, commitTs, lost, budget);
    budget.trouble(step.fault);
    if (step.pauseMs !== null || tries > 0) await budget.pause(Math.max(step.pauseMs ?? 0, COMMIT_PAUSE_MS));
  }
}

const COMMIT_PAUSE_MS = 10;
/** With less time than this a repetition would only turn a failure that is certain into one that is not. */
const MIN_REPEAT_MS = 100;

function leastMs(tries: number, lost: StoreFault | null): number {
  return tries > 0 && lost === null ? MIN_REPEAT_MS : 0;
}

type CommitStep =
  | { readonly kind: 'applied' }
  /** Certain that this sending had no effect, or not. */
  | { readonly kind: 'certain' | 'unsure'; readonly fault: StoreFault; readonly pauseMs: number | null }
  /** The store found no lock of this transaction: its status tells. */
  | { readonly kind: 'asked' };

async function commitOnce(
  writer: Writer,
  { startTs, mutations }: Attempt,
  primary: Uint8Array,
  commitTs: bigint,
  budget: Budget,
): Promise<CommitStep> {
  try {
    const keys = mutations.map(({ key }) => key);
    const groups = await byRegion(writer.cluster, keys, (key) => key, budget);
    const region = await writer.cluster.regions.locate(primary, budget);
    const together = groups.get(region) ?? [primary];
    const attempt = await attemptAt(
      writer.cluster,
      region,
      Tikv.method.kvCommit,
      (context) => ({ context, startVersion: startTs, keys: [...together], commitVersion: commitTs }),
      budget,
    );
    if (attempt.kind === 'refused') {
      return { kind: attempt.certain ? 'certain' : 'unsure', fault: attempt.fault, pauseMs: attempt.pauseMs };
    }
    if (attempt.value.error !== undefined) return { kind: 'asked' };
    commitOthers(
      writer,
      startTs,
      commitTs,
      keys.filter((key) => !together.includes(key)),
    );
    return { kind: 'applied' };
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return { kind: 'certain', fault: error, pauseMs: COMMIT_PAUSE_MS };
  }
}

/** The primary is committed, and with it the transaction: the other locks say where to look. They are tidied up. */
function commitOthers(
  writer: Writer,
  startVersion: bigint,
  commitVersion: bigint,
  keys: readonly Uint8Array[],
): void {
  if (keys.length === 0) return;
  writer.background(async (budget) => {
    await spreadOver(
      writer.cluster,
      {
        items: keys,
        keyOf: (key) => key,
        method: Tikv.method.kvCommit,
        request: (some, context) => ({ context, startVersion, commitVersion, keys: [...some] }),
        repeatable: true,
      },
      budget,
    );
  });
}

function late(writer: Writer, attempt: Attempt, lost: StoreFault | null, budget: Budget): Settled {
  const cause = budget.ending();
  if (lost !== null) return { kind: 'ambiguous', cause: budget.signal.aborted ? cause : lost };
  writer.background((own) =>
    undo(
      writer,
      attempt,
      attempt.mutations.map(({ key }) => key),
      own,
    ),
  );
  throw cause;
}
