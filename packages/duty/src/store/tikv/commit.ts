import type { Budget } from '../grpc/budget.ts';
import { type Attempt, endingOf, type Settled, undo, type Writer } from './attempt.ts';
import { damagedFault } from './faults.ts';
import { Tikv } from './gen/tikvpb_pb.js';
import { holds, type Region } from './region.ts';
import { type Context, spreadOver } from './requests.ts';
import { settle } from './settle.ts';

type Keys = readonly Uint8Array[];

/**
 * Second phase. The commit of the primary decides; keys of the same region go with it. It is sent once, and
 * again only after a store certainly refused it. If its answer is lost, the adapter asks the store about the
 * transaction and rolls it back if its commit never arrived. A second sending could reach a store that was
 * restored in between to a moment when the locks existed, and would apply a transaction that the store had
 * forgotten.
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
  const { startTs, keys, primary } = attempt;
  const together = (_: Keys, region: Region): Keys => keys.filter((key) => holds(region, key));
  const decisive = commitOf(startTs, commitTs, [primary], together);
  const [outcome] = await spreadOver(writer.cluster, decisive, budget);
  if (outcome === undefined) throw damagedFault('TiKV gave no answer to a commit');
  if (!outcome.ok) {
    if (!outcome.certain) return settle(writer, attempt, commitTs, outcome.fault, budget);
    writer.background((own) => undo(writer, attempt, keys, own));
    throw endingOf(budget, outcome.fault);
  }
  // The store found no lock of this transaction: its status decides.
  if (outcome.value.error !== undefined) return settle(writer, attempt, commitTs, null, budget);
  // The primary is committed, and with it the transaction: the other locks name the primary. Each of them
  // gets one request to clean up: in a store that was restored in between, a second one could commit it
  // without its primary.
  const others = keys.filter((key) => !holds(outcome.region, key));
  const cleanup = commitOf(startTs, commitTs, others);
  if (others.length > 0) writer.background((own) => spreadOver(writer.cluster, cleanup, own));
  return { kind: 'applied' };
}

/** A commit of these keys; `inRequest` selects the ones for a region. */
function commitOf(
  startVersion: bigint,
  commitVersion: bigint,
  keys: Keys,
  inRequest: (some: Keys, region: Region) => Keys = (some) => some,
) {
  return {
    keys,
    method: Tikv.method.kvCommit,
    request: (some: Keys, context: Context, region: Region) => ({
      ...{ context, startVersion, commitVersion },
      keys: [...inRequest(some, region)],
    }),
    repeatable: false,
  };
}
