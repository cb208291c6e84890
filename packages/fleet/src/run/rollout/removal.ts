import type { LiveResource } from '../../file/live/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { nodeConnections } from './node-connections.ts';
import { instancesOf } from './node-instances.ts';
import { type RotatedOut, rotatedOut } from './rotated-out.ts';

/** `absent`: its place was read, and it does not run there. */
export type Removal = RotatedOut | { readonly state: 'absent' };

export interface RemovalInput {
  readonly network: string;
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  /** All that the network has; every place was read. */
  readonly live: readonly LiveResource[];
  /** Names of nodes. */
  readonly nodes: readonly string[];
  readonly signal: AbortSignal;
}

/** For each signer to remove, the chain's data about its keys, from the signer itself. */
export async function removalsOf(input: RemovalInput): Promise<ReadonlyMap<string, Removal>> {
  const { targets, live, nodes, network, signal } = input;
  const instances = instancesOf(live, network);
  const book = nodeConnections(targets);
  const found = new Map<string, Removal>();
  try {
    for (const node of nodes) {
      const instance = instances.find((one) => one.node === node);
      if (instance === undefined) {
        found.set(node, { state: 'absent' });
        continue;
      }
      const open = await book.open(instance, signal).catch(() => null);
      found.set(
        node,
        open === null ? { state: 'unknown', why: 'it cannot be reached' } : await rotatedOut(open.rpc),
      );
    }
  } finally {
    book.close();
  }
  return found;
}
