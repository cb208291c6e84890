import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Budget, openBudget } from '../grpc/budget.ts';
import { StoreFault } from '../port.ts';
import type { MutationSchema } from './gen/kvrpcpb_pb.js';
import { rollBack } from './locks.ts';
import type { Reader } from './records.ts';

export type Mutation = MessageInitShape<typeof MutationSchema> & { readonly key: Uint8Array };

/**
 * Writes of one transaction of TiKV, from its first phase on. Its start timestamp is used for one prewrite
 * only.
 */
export interface Attempt {
  readonly startTs: bigint;
  /** In order. */
  readonly keys: readonly Uint8Array[];
  /** The first key: its lock decides. */
  readonly primary: Uint8Array;
  /** By those keys. */
  readonly mutations: ReadonlyMap<Uint8Array, Mutation>;
}

export interface Writer extends Reader {
  readonly lockTtlMs: number;
  /** Work that continues after a reply; `close` does not wait for it. */
  background(run: (budget: Budget) => Promise<unknown>): void;
}

export function attemptOf(startTs: bigint, all: readonly Mutation[]): Attempt {
  const keys = all.map(({ key }) => key).sort(Buffer.compare);
  const [primary] = keys;
  if (primary === undefined) throw new Error('a transaction of no writes was to be prewritten');
  return { startTs, keys, primary, mutations: new Map(all.map((one) => [one.key, one])) };
}

/** `again`: certainly without effect. Begin with a new start timestamp, after reading the current values. */
export interface Again {
  readonly kind: 'again';
  /** The lock of a living transaction is in the way. */
  readonly wait: boolean;
}

/** How a transaction ended. */
export type Settled =
  | { readonly kind: 'applied' }
  /** Certainly not applied, and never will be. */
  | Again
  | { readonly kind: 'ambiguous'; readonly cause: StoreFault };

/** Cleaning up takes at most this much of the caller's time; other clients can do it as well. */
const UNDO_MS = 400;

/**
 * Take back the locks of an attempt that will not be committed. If this fails, other clients do it when they
 * meet the locks.
 */
export async function undo(
  writer: Writer,
  { startTs }: Pick<Attempt, 'startTs'>,
  keys: readonly Uint8Array[],
  budget: Budget,
): Promise<void> {
  if (keys.length === 0) return;
  const { timeoutMs } = budget.request(UNDO_MS);
  const own = openBudget(writer.cluster, timeoutMs);
  try {
    await rollBack(writer.cluster, startTs, keys, own);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    writer.cluster.log(`locks of transaction ${startTs} were left behind: ${error.message}`);
  }
}

/** The fault to end with: the caller's own end if there is one. */
export function endingOf(budget: Budget, fault: StoreFault): StoreFault {
  return budget.signal.aborted ? budget.ending() : fault;
}
