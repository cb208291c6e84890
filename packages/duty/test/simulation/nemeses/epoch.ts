import { randomHex } from '@watchbill/kit';
import type { SeededRandom } from '@watchbill/testkit/sim';
import type { World } from '../world/world.ts';

const RECORD = 'epoch';

/**
 * Replaces the epoch in the record of the store, as the first step of a recovery does; the rest of the
 * record stays. From then on no mark grants until it was adopted under the new epoch.
 */
export async function replaceEpoch(world: World, random: SeededRandom): Promise<void> {
  const [bytes] = await world.store.read([RECORD]);
  if (bytes === null || bytes === undefined) return;
  const text = Buffer.from(bytes).toString();
  const { epoch } = JSON.parse(text) as { readonly epoch: string };
  const value = Buffer.from(text.replace(epoch, randomHex(random, epoch.length / 2)));
  await world.store.transact([{ compares: [], writes: [{ key: RECORD, value }] }]);
  world.history.add({ kind: 'epoch', atMs: world.clock.nowMs() });
}
