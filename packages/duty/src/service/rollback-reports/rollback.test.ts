import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../store/index.ts';
import {
  ask,
  CHAIN,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  startAdopted,
  startServing,
} from '../testing/services.ts';

test('an adoption in the middle of a claim is not a store that went back', async (context) => {
  const inner = memoryStore(context);
  const first = await startAdopted(context, {}, { store: inner });
  await first.stop();
  let between: (() => Promise<unknown>) | null = null;
  const read: Store['read'] = async (wanted, options) => {
    const found = await inner.read(wanted, options);
    const act = between;
    if (act === null || !wanted.some((key) => key.endsWith('/babe'))) return found;
    between = null;
    await act();
    return found;
  };
  const { permit } = await startServing(context, { store: { ...inner, read }, disk: first.disk });
  const floors = { ...NEVER_SIGNED, babe: '1' };
  between = () => permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'stopped' }, 'test');
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'granted:new');
  assert.equal((await permit.health()).state, 'serving');
});
