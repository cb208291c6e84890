import { hexOf } from '@watchbill/chain';
import { accountOfText, type Json, jsonMember, readStorage, runtimeViews } from '@watchbill/chain/extrinsics';
import { type ChopsticksChain, type ChopsticksPair, jumpToSessionEnd } from '@watchbill/testkit/chopsticks';

const views = runtimeViews();

/** A value of the newest block; null where nothing is stored. */
export async function stored(
  { node }: ChopsticksChain,
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

export async function activeEra(chain: ChopsticksChain): Promise<number> {
  return Number(jsonMember(await stored(chain, 'Staking', 'ActiveEra'), 'index') ?? -1);
}

/** Public keys of those who validate on the relay now. */
export async function relayValidators(pair: ChopsticksPair): Promise<readonly string[]> {
  const list = await stored(pair.relay, 'Session', 'Validators');
  return (Array.isArray(list) ? list : []).map((each: Json) =>
    hexOf(accountOfText(String(each)) ?? new Uint8Array()),
  );
}

const MOST_ELECTION_BLOCKS = 24;

/**
 * Lets one session of the relay end: its report goes to Asset Hub, which goes on with its election to the end where one is under way,
 * and what it elects goes back.
 */
export async function passSession(pair: ChopsticksPair): Promise<void> {
  await jumpToSessionEnd(pair.relay);
  await pair.relayBlock();
  await pair.relayBlock();
  for (let block = 0; block < MOST_ELECTION_BLOCKS; block += 1) {
    await pair.assetHubBlock();
    const phase = await stored(pair.assetHub, 'MultiBlockElection', 'CurrentPhase');
    if (block >= 1 && (phase === null || jsonMember(phase, 'type') === 'Off')) return;
  }
  throw new Error(`the election was not over after ${MOST_ELECTION_BLOCKS} blocks`);
}

/** Sessions pass until Asset Hub is in this era. */
export async function untilEra(pair: ChopsticksPair, era: number, mostSessions: number): Promise<void> {
  for (let session = 0; session < mostSessions; session += 1) {
    await passSession(pair);
    if ((await activeEra(pair.assetHub)) >= era) return;
  }
  throw new Error(`era ${era} did not begin in ${mostSessions} sessions`);
}
