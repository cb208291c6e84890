import { StoreFault } from '../port.ts';
import { type Attempt, type Settled, undo, type Writer } from './attempt.ts';
import type { Budget } from './budget.ts';
import { Tikv } from './gen/tikvpb_pb.js';
import { attemptAt, byRegion, spreadOver } from './requests.ts';
import { settle } from './settle.ts';

/**
 * Second phase. The commit of the primary decides. It is sent once, and again only after a store certainly
 * refused it. If its answer is lost, the adapter asks the store about the transaction and rolls it back if
 * its commit never arrived. A second sending could reach a store that was restored in between to a moment
 * when the locks existed, and would apply a transaction that the store had forgotten.
 *
 * `applied` means that a store confirmed it. A commit that may have arrived, and that the store does not
 * confirm, is `ambiguous`. Throws a fault if certainly no commit arrived.
 */
export async function commit(
  writer: Writer,
  attempt: Attempt,
  commitTs: bigint,
  budget: Budget,
): Promise<Settled> {
  for (let tries = 0; ; tries += 1) {
    // With so little time, a repetition would only turn a certain failure into an uncertain one.
    if (budget.signal.aborted || budget.leftMs() <= (tries > 0 ? MIN_REPEAT_MS : 0)) {
      writer.background((own) => undo(writer, attempt, attempt.keys, own));
      throw budget.ending();
    }
    const step = await commitOnce(writer, attempt, commitTs, budget);
    if (step.kind === 'applied') return step;
    if (step.kind === 'unsure') return settle(writer, attempt, commitTs, step.fault, budget);
    if (step.kind === 'asked') return settle(writer, attempt, commitTs, null, budget);
    budget.trouble(step.fault);
    if (step.pauseMs !== null || tries > 0) await budget.pause(Math.max(step.pauseMs ?? 0, COMMIT_PAUSE_MS));
  }
}

const COMMIT_PAUSE_MS = 10;
const MIN_REPEAT_MS = 100;

type CommitStep =
  | { readonly kind: 'applied' }
  /** This sending had no effect. */
  | { readonly kind: 'certain'; readonly fault: StoreFault; readonly pauseMs: number | null }
  /** It may have had one. */
  | { readonly kind: 'unsure'; readonly fault: StoreFault }
  /** The store found no lock of this transaction: its status decides. */
  | { readonly kind: 'asked' };

async function commitOnce(
  writer: Writer,
  { startTs, keys, primary }: Attempt,
  commitTs: bigint,
  budget: Budget,
): Promise<CommitStep> {
  try {
    const groups = await byRegion(writer.cluster, keys, budget);
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
      const { certain, fault, pauseMs } = attempt;
      return certain ? { kind: 'certain', fault, pauseMs } : { kind: 'unsure', fault };
    }
    if (attempt.value.error !== undefined) return { kind: 'asked' };
    const others = keys.filter((key) => !together.includes(key));
    commitOthers(writer, startTs, commitTs, others);
    return { kind: 'applied' };
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return { kind: 'certain', fault: error, pauseMs: COMMIT_PAUSE_MS };
  }
}

/**
 * The primary is committed, and with it the transaction: the other locks name the primary. Each of them gets
 * one cleanup request: in a store that was restored in between, a second one could commit it without its
 * primary.
 */
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
        keys,
        method: Tikv.method.kvCommit,
        request: (some, context) => ({ context, startVersion, commitVersion, keys: [...some] }),
        repeatable: false,
      },
      budget,
    );
  });
}
