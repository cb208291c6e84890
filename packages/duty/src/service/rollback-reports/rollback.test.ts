import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../store/index.ts';
import {
  ask,
  CHAIN,
  FIT_REPORT,
  fakePeers,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  seal,
  startAdopted,
  startPair,
  startService,
  startServing,
  untilServing,
  untilState,
  vote,
  wordAhead,
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

test('a key is not adopted over a mark that the store lost', async (context) => {
  const store = memoryStore(context);
  const service = await startServing(context, { store });
  await service.permit.applyPolicy(policyDocument(), 'test');
  const before = store.snapshot();
  const request = { chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'a new key' };
  await service.permit.adopt(request, 'test');
  assert.equal(await ask(service.permit, 'a'), 'granted:new');
  store.restore(before);
  await assert.rejects(service.permit.adopt(request, 'test'), { code: 'store-behind' });
  assert.deepEqual(await service.permit.marks({}), []);
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
  const { permit } = await startServing(context, { store: { ...inner, read }, disk: first.disk });
  const floors = { ...NEVER_SIGNED, babe: '1' };
  between = () => permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'stopped' }, 'test');
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'granted:new');
  assert.equal((await permit.health()).state, 'serving');
});

test('a claimant that the key does not list cannot make a service doubt its store', async (context) => {
  const { permit, store } = await startAdopted(context);
  const word = await wordAhead(store);
  assert.equal(await ask(permit, 'stranger', { unit: '2', word }), 'denied:not-listed');
  assert.equal(await ask(permit, 'a', { key: `0x${'ee'.repeat(32)}`, word }), 'denied:not-listed');
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
  await untilState(context, first.permit, 'behind');
  assert.equal(await ask(first.permit, 'b', { digest: seal('02') }), 'denied:store-behind');
});

test('a voucher whose session ended since it compared does not vouch', async (context) => {
  const inner = memoryStore(context);
  const peers = fakePeers();
  let firstId = '';
  const outcomes: string[] = [];
  const store: Store = {
    ...inner,
    transact: async (transactions, options) => {
      const text = (value: Uint8Array | null) => Buffer.from(value ?? []).toString();
      const vouches = transactions.some((item) =>
        item.writes.some((write) => text(write.value).includes('compared it with the store')),
      );
      if (vouches && outcomes.length === 0)
        await inner.transact([{ compares: [], writes: [{ key: `session/${firstId}`, value: null }] }]);
      const results = await inner.transact(transactions, options);
      if (vouches) outcomes.push(...results.map((result) => result.outcome));
      return results;
    },
  };
  const options = { url: 'first' };
  const first = await startAdopted(context, {}, { store, parts: { peers }, options });
  peers.reachable.set('first', first.permit);
  firstId = (await first.permit.health()).service;
  const second = await startService(context, { store: inner, parts: { peers }, options: { url: 'second' } });
  peers.reachable.set('second', second.permit);
  await until(context, () => outcomes.length > 0, 'the first service to vouch');
  assert.equal(outcomes[0], 'conflict');
});

test('a live service is asked for its memory once, however long another one is missing', async (context) => {
  const { inner, peers, first, second } = await startPair(context);
  const gone = '{"name":"gone","reason":null,"state":"serving","url":"gone","v":1,"vouchedBy":"x"}';
  await inner.transact([
    { compares: [], writes: [{ key: `service/${'0'.repeat(32)}`, value: Buffer.from(gone) }] },
  ]);
  const askedBefore = peers.asked.get('second') ?? 0;
  first.permit.storeWentBack('a test');
  await until(context, () => (peers.asked.get('gone') ?? 0) >= 3, 'the missing service to be asked again');
  assert.equal((peers.asked.get('second') ?? 0) - askedBefore, 1);
  assert.equal(await ask(second.permit, 'a'), 'granted:new');
  assert.equal((await first.permit.health()).state, 'checking');
});

test('a claim of the session before does not end the present one', async (context) => {
  const checking: unknown[] = [];
  let act: (() => Promise<void>) | null = null;
  const silent = () => undefined;
  const { permit } = await startAdopted(
    context,
    {},
    {
      parts: {
        log: { info: silent, error: silent, warn: (event) => void checking.push(event.state) },
        failpoint: async (name) => {
          if (name !== 'before-transaction' || act === null) return;
          const now = act;
          act = null;
          await now();
        },
      },
    },
  );
  act = async () => {
    permit.storeWentBack('a test');
    await untilServing(context, permit);
  };
  assert.notEqual(await ask(permit, 'a'), 'denied:session-lost');
  assert.deepEqual(
    checking.filter((state) => state === 'checking'),
    ['checking'],
  );
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'granted:new');
});

test('readiness is asked of no key at all', async (context) => {
  const { permit } = await startAdopted(context);
  assert.deepEqual(await permit.reportReadiness({ ...FIT_REPORT, keys: [] }, 'a'), []);
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
