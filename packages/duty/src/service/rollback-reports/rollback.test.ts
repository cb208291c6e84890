import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../store/index.ts';
import {
  ask,
  CHAIN,
  fakePeers,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  seal,
  startAdopted,
  startPair,
  startService,
  untilServing,
  vote,
} from '../testing/services.ts';
import { until } from '../testing/world.ts';

const prevote = (byte: string, unit = '0/5') =>
  ({ duty: 'grandpa', unit, part: 'prevote', digest: vote(byte) }) as const;

test('a store that went back: what is read again before a denial is compared with memory too', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, {}, { store });
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  const before = store.snapshot();
  assert.equal(await ask(permit, 'a', prevote('01')), 'granted:new');
  store.restore(before);
  // Denied with unit-taken from the cache, then read again: the store that lost the unit would grant it to b.
  const precommit = { ...prevote('02'), part: 'precommit', timeoutMs: 5_000 } as const;
  assert.equal(await ask(permit, 'b', precommit), 'unknown:session-checking');
  assert.equal((await permit.health()).state, 'behind');
  assert.match(await ask(permit, 'b', { ...prevote('02'), timeoutMs: 5_000 }), /^unknown:/);
});

test('a store that went back and on again under another service does not follow what is remembered', async (context) => {
  const { inner, first, second } = await startPair(context, { standbyDelayMs: 0 });
  const before = inner.snapshot();
  assert.equal(await ask(first.permit, 'a', { unit: '5' }), 'granted:new');
  inner.restore(before);
  assert.equal(await ask(second.permit, 'b', { unit: '3', digest: seal('02') }), 'granted:new');
  assert.equal(await ask(second.permit, 'b', { unit: '4', digest: seal('02') }), 'granted:new');
  assert.equal(await ask(first.permit, 'b', { unit: '6', digest: seal('02') }), 'denied:store-behind');
});

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
  const { permit } = await startService(context, { store: { ...inner, read }, disk: first.disk });
  await untilServing(context, permit);
  const floors = { ...NEVER_SIGNED, babe: '1' };
  between = () => permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'stopped' }, 'test');
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'granted:new');
  assert.equal((await permit.health()).state, 'serving');
});

test('a service that was listed and is no longer is a store that went back', async (context) => {
  const store = memoryStore(context);
  const peers = fakePeers();
  const parts = { peers };
  const first = await startAdopted(context, {}, { store, parts, options: { url: 'first' } });
  peers.reachable.set('first', first.permit);
  const before = store.snapshot();
  const second = await startService(context, { store, parts, options: { url: 'second', name: 'two' } });
  peers.reachable.set('second', second.permit);
  await untilServing(context, second.permit);
  await first.permit.services();
  assert.equal(await ask(second.permit, 'a'), 'granted:new');
  await second.stop();
  store.restore(before);
  first.permit.storeWentBack('the revision fell');
  await until(
    context,
    async () => (await first.permit.health()).state === 'behind',
    'the first service to notice',
  );
  assert.equal(await ask(first.permit, 'b', { digest: seal('02') }), 'denied:store-behind');
});

test('a store that went back is noticed without any claim', async (context) => {
  const store = memoryStore(context);
  const early = store.snapshot();
  const { permit } = await startAdopted(context, {}, { store });
  store.restore(early);
  await until(
    context,
    async () => (await permit.health()).state !== 'serving',
    'the service to look at its store',
  );
});
