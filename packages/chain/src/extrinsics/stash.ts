import type { NodeRpc } from '../rpc/port.ts';
import { addressOfAccount } from './account.ts';
import { jsonMember } from './json.ts';
import { type ChainMetadata, hasPallet } from './metadata.ts';
import { readStorage } from './storage.ts';

const PALLET = 'Staking';

/**
 * Whether an account is a stash at a block: it bonded, or a staking ledger names it as its stash. False if
 * the runtime has no pallet of the name Staking. Throws a NodeFault.
 */
export async function isStash(
  node: NodeRpc,
  metadata: ChainMetadata,
  account: Uint8Array,
  block: string,
): Promise<boolean> {
  if (!hasPallet(metadata, PALLET)) return false;
  const address = addressOfAccount(account, metadata.ss58Prefix);
  const bonded = await readStorage(node, metadata, [PALLET, 'Bonded'], [address], block);
  if (bonded.result === 'value') return true;
  const ledger = await readStorage(node, metadata, [PALLET, 'Ledger'], [address], block);
  return ledger.result === 'value' && jsonMember(ledger.value, 'stash') === address;
}
