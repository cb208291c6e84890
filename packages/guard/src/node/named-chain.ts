import { type NodeRpc, unlessRefused } from '@watchbill/chain';
import { LIVE_CHAINS } from '@watchbill/chain/live-chains';
import { visible } from '@watchbill/kit';
import { GuardFault } from '../fault.ts';

/** A chain, for people and for comparison. */
export interface NamedChain {
  /** Genesis hash, `0x…`. */
  readonly genesis: string;
  /** For example `Polkadot`. */
  readonly name: string;
}

const LONGEST_NAME = 60;

/**
 * The chain with this genesis: by the list of live chains, else by the name that the node gives it. Rejects
 * with a NodeFault.
 */
export async function namedChain(node: NodeRpc, genesis: string): Promise<NamedChain> {
  const known = LIVE_CHAINS.get(genesis);
  if (known !== undefined) return { genesis, name: known };
  const said: unknown = await unlessRefused(node.call('system_chain'));
  const isName = typeof said === 'string' && said !== '';
  return { genesis, name: isName ? visible(said.slice(0, LONGEST_NAME)) : 'a chain without a name' };
}

const text = ({ name, genesis }: NamedChain): string => `${name} (genesis ${genesis})`;

/** A node answers for another chain than `expected`, for example a file or another node. */
export function otherChain(
  node: string,
  found: NamedChain,
  expected: { readonly place: string; readonly chain: NamedChain },
  remedy: string,
): GuardFault {
  const what = `${node} is a node of ${text(found)}, and ${expected.place} is of ${text(expected.chain)}`;
  return new GuardFault('chain', what, remedy, undefined, 'denied');
}
