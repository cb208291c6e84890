import { NodeFault, type NodeRpc } from '@watchbill/chain';
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
const UNNAMED = 'a chain without a name';

/**
 * The chain with this genesis: by the list of live chains, else by the name that the node gives it. Rejects
 * with a NodeFault.
 */
export async function namedChain(node: NodeRpc, genesis: string): Promise<NamedChain> {
  const name = LIVE_CHAINS.get(genesis) ?? (await nameOf(node));
  return { genesis, name };
}

async function nameOf(node: NodeRpc): Promise<string> {
  try {
    const said: unknown = await node.call('system_chain');
    return typeof said === 'string' && said !== '' ? visible(said.slice(0, LONGEST_NAME)) : UNNAMED;
  } catch (error) {
    if (error instanceof NodeFault && error.code === 'refused') return UNNAMED;
    throw error;
  }
}

const text = ({ name, genesis }: NamedChain): string => `${name} (genesis ${genesis})`;

/** An independent node follows another chain than the own node. */
export function witnessOfOtherChain(
  witness: string,
  found: NamedChain,
  own: { readonly address: string; readonly chain: NamedChain },
): GuardFault {
  const what = `${witness} (--witness) is a node of ${text(found)}, and the own node ${own.address} (--rpc) is of ${text(own.chain)}`;
  const remedy = `name a node of ${own.chain.name} with --witness; if the own node is the wrong one, correct --rpc`;
  return new GuardFault('chain', what, remedy, undefined, 'denied');
}

/** The own RPC answers for another chain than the one that `place` remembers, for example a file. */
export function ownOfOtherChain(
  address: string,
  found: NamedChain,
  expected: { readonly place: string; readonly chain: NamedChain },
): GuardFault {
  const what = `${address} (--rpc) is a node of ${text(found)}, and ${expected.place} is of ${text(expected.chain)}`;
  const remedy = `correct --rpc; a guard of another chain needs another folder with --state`;
  return new GuardFault('chain', what, remedy, undefined, 'denied');
}
