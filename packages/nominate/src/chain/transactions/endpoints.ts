import { NodeFault, type NodeRpc } from '@watchbill/chain';
import type { PinnedReader, RoleEndpoints } from '@watchbill/chain/reading';
import type { BlockRef } from '../../transactions/index.ts';

/** The nodes of the staking chain: for reading one agreed block, and one by one. */
export interface Endpoints {
  readonly nodes: readonly NodeRpc[];
  readonly role: RoleEndpoints;
}

/** Reads the newest finalised block that the endpoints agree on. Rejects if they agree on none. */
export async function readNewest<Value>(
  { role }: Endpoints,
  signal: AbortSignal,
  read: (reader: PinnedReader) => Promise<Value>,
): Promise<Value> {
  const outcome = await role.readPinned((reader) => {
    // The caller has stopped waiting, so no other endpoint is tried.
    signal.throwIfAborted();
    return read(reader);
  });
  if (outcome.ok) return outcome.value;
  throw new NodeFault('unreachable', outcome.why);
}

/** The same for another finalised block. */
export function readAt<Value>(
  endpoints: Endpoints,
  { height, hash }: BlockRef,
  signal: AbortSignal,
  read: (reader: PinnedReader) => Promise<Value>,
): Promise<Value> {
  return readNewest(endpoints, signal, async (newest) => {
    const [final] = height <= newest.block.number ? await newest.hashesAt([Number(height)]) : [];
    if (final !== hash)
      throw new NodeFault('malformed', `${newest.endpoint} does not hold ${hash} for block ${height}`);
    return read(await newest.at(hash));
  });
}

/** The usable endpoints, healthy ones first. Endpoints of another chain are left out. */
export function inOrder({ nodes, role }: Endpoints): readonly NodeRpc[] {
  const rank = { fit: 0, 'not-seen': 1, old: 2, behind: 2, silent: 3, 'other-chain': 9 } as const;
  const health = role.health();
  return nodes
    .map((node, index) => ({ node, rank: rank[health[index]?.standing ?? 'not-seen'] }))
    .filter((each) => each.rank < rank['other-chain'])
    .sort((one, other) => one.rank - other.rank)
    .map(({ node }) => node);
}

/** The first answer, from one endpoint after the other. Rejects with the last fault if none answers. */
export async function firstAnswer<Value>(
  endpoints: Endpoints,
  signal: AbortSignal,
  ask: (node: NodeRpc) => Promise<Value>,
): Promise<Value> {
  let last = new NodeFault('unreachable', 'no endpoint of the chain may serve');
  for (const node of inOrder(endpoints)) {
    signal.throwIfAborted();
    try {
      return await ask(node);
    } catch (error) {
      if (!(error instanceof NodeFault)) throw error;
      last = error;
    }
  }
  throw last;
}
