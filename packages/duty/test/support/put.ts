import assert from 'node:assert/strict';
import type { Store } from '@watchbill/duty/store/port';

/** Writes one record; throws unless it is applied. */
export async function put(store: Store, key: string): Promise<void> {
  const [result] = await store.transact([{ compares: [], writes: [{ key, value: Buffer.from('1') }] }]);
  assert.deepEqual(result, { outcome: 'applied' });
}
