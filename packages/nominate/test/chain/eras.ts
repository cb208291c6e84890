import { hexOf } from '@watchbill/chain';
import { accountOfText, type Json, jsonMember, readStorage, runtimeViews } from '@watchbill/chain/extrinsics';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';

const views = runtimeViews();

/** A chain with a client of it. */
export type Asked = Pick<ChopsticksChain, 'node'>;

/** A value of the newest block; null if it is not stored. */
export async function stored(
  { node }: Asked,
  pallet: string,
  item: string,
  keys: readonly Json[] = [],
): Promise<Json> {
  const head = await node.call<string>('chain_getFinalizedHead');
  const { metadata } = await views.at(node, head);
  const reading = await readStorage(node, metadata, [pallet, item], keys, head);
  if (reading.result === 'no-such-item') throw new Error(`${pallet}.${item} does not exist`);
  return reading.result === 'value' ? reading.value : null;
}

export async function activeEra(chain: Asked): Promise<number> {
  return Number(jsonMember(await stored(chain, 'Staking', 'ActiveEra'), 'index') ?? -1);
}

/** Public keys of those who validate on the relay now. */
export async function relayValidators(relay: Asked): Promise<readonly string[]> {
  const list = await stored(relay, 'Session', 'Validators');
  return (Array.isArray(list) ? list : []).map((each: Json) =>
    hexOf(accountOfText(String(each)) ?? new Uint8Array()),
  );
}
