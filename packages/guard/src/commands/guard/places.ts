import { readAddress } from '@watchbill/chain/address';
import { openNode } from '@watchbill/chain/command/node';
import { usageFault } from '@watchbill/kit';
import type { Validator, Witness } from '../../run/parts.ts';
import { DEFAULT_RULES } from '../../run/verdict.ts';

/** For one call to a node. */
export const RPC_TIMEOUT_MS = 2_000;

/** The validator that a person named. Throws a usage fault. */
export function validatorOf(text: string): Validator {
  const read = readAddress(text);
  if (read === null) {
    const remedy =
      'give the SS58 address of the stash, for example 5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY';
    throw usageFault(`"${text}" is not a validator address`, remedy, 'flag --validator');
  }
  return { name: text, account: Uint8Array.from(Buffer.from(read.publicKey.slice(2), 'hex')) };
}

/** Clients of the independent nodes. Throws a usage fault if there are too few. */
export async function openWitnesses(urls: readonly string[]): Promise<readonly Witness[]> {
  const named = [...new Set(urls)];
  if (named.length < DEFAULT_RULES.votes.witnesses) {
    const what = 'one independent node is too few: a node alone could lag or lie';
    throw usageFault(what, 'name two nodes of different operators', 'flag --witness');
  }
  const clients = await Promise.all(named.map((url) => openNode(url, RPC_TIMEOUT_MS, 'flag --witness')));
  return clients.map((rpc) => ({ name: rpc.address, rpc }));
}
