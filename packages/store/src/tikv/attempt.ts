import type { MessageInitShape } from '@bufbuild/protobuf';
import { StoreFault } from '../port.ts';
import { type Budget, openBudget } from './budget.ts';
import type { MutationSchema } from './gen/kvrpcpb_pb.js';
import { compareBytes } from './keys.ts';
import { rollBack } from './locks.ts';
import type { Reader } from './records.ts';

export type Mutation = MessageInitShape<typeof MutationSchema> & { readonly key: Uint8Array };

/** Writes of one transaction of TiKV, from its first phase on. Its start timestamp is used for one prewrite only. */
export interface Attempt {
  readonly startTs: bigint;
  /** In key order; the first one is the primary. */
  readonly mutations: readonly Mutation[];
  readonly lockTtlMs: number;
}

export interface Writer extends Reader {
  readonly closing: AbortSignal;
  readonly lockTtlMs: number;
  /** Work that goes on after a reply; `close` does not wait for it. */
  background(run: (budget: Budget) => Promise<void>): void;
}

export function attemptOf(startTs: bigint, mutations: readonly Mutation[], lockTtlMs: number): Attempt {
  return {
    startTs,
    mutations: mutations.toSorted((one, other) => compareBytes(one.key, other.key)),
    lockTtlMs,
  };
}

/** `again`: certainly without effect; begin with a new start timestamp, after looking at what is there now. */
export interface Again {
  readonly kind: 'again';
  /** A living transaction stands in the way. */
  readonly wait: boolean;
}

/** How a transaction ended. */
export type Settled =
  | { readonly kind: 'applied' }
  /** Certainly not applied, and never will be. */
  | Again
  | { readonly kind: 'ambiguous'; readonly cause: StoreFault };

/** More time than this for tidying up is not taken from the caller; others can do it as well. */
const UNDO_MS = 400;

/** Take back the locks of an attempt that will not be committed. What fails here others do when they meet the locks. */
export async function undo(
  writer: Writer,
  { startTs }: Pick<Attempt, 'startTs'>,
  keys: readonly Uint8Array[],
  budget: Budget,
): Promise<void> {
  if (keys.length === 0) return;
  writer.abandoned.add(startTs);
  const timeoutMs = Math.max(1, Math.min(UNDO_MS, budget.leftMs()));
  const own = openBudget(writer.cluster.clock, writer.closing, timeoutMs, undefined);
  try {
    await rollBack(writer.cluster, startTs, keys, own);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    writer.cluster.log(`locks of transaction ${startTs} were left behind: ${error.message}`);
  }
}

/** The fault to end with: that of the caller's end where there is one. */
export function endingOf(budget: Budget, fault: StoreFault): StoreFault {
  return budget.signal.aborted ? budget.ending() : fault;
}
