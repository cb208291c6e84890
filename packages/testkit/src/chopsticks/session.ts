import { storageKey, storageValue } from '@watchbill/chain';
import { numberConstant, runtimeViews } from '@watchbill/chain/extrinsics';
import type { ChopsticksChain } from './chain.ts';
import { u64 } from './genesis.ts';

/** Metadata is decoded once for each runtime. */
const views = runtimeViews();

/**
 * Makes one block at the first slot of the next epoch, in which the session of a relay chain changes. Slots
 * in between stay empty. Settles to the hash of the block.
 */
export async function nextSession(chain: ChopsticksChain): Promise<string> {
  await jumpToSessionEnd(chain);
  return chain.newBlock();
}

/** The next block of a relay chain will be the first of the next epoch. */
export async function jumpToSessionEnd(chain: ChopsticksChain): Promise<void> {
  const { metadata } = await views.at(chain.node, await head(chain));
  const epochSlots = numberConstant(metadata, 'Babe', 'EpochDuration');
  if (epochSlots === null) throw new Error(`${chain.name} has no epochs of BABE`);
  const [genesis, current, epoch] = await Promise.all(
    ['GenesisSlot', 'CurrentSlot', 'EpochIndex'].map((item) => numberIn(chain, 'Babe', item)),
  );
  const end = (genesis ?? 0n) + ((epoch ?? 0n) + 1n) * epochSlots;
  const last = end > (current ?? 0n) + 1n ? end - 1n : (current ?? 0n);
  await chain.setStorage([
    [storageKey('Babe', 'CurrentSlot'), u64(last)],
    [storageKey('Timestamp', 'Now'), u64(last * BigInt(chain.slotMs))],
  ]);
}

async function numberIn(chain: ChopsticksChain, pallet: string, item: string): Promise<bigint> {
  return (await storageValue(chain.node, pallet, item, await head(chain), (reader) => reader.u64())) ?? 0n;
}

/** The best block is final. */
export function head(chain: ChopsticksChain): Promise<string> {
  return chain.node.call<string>('chain_getFinalizedHead');
}
