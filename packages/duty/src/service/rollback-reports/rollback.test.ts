import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../store/index.ts';
import {
  ask,
  CHAIN,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  seal,
  startAdopted,
  startPair,
  startServing,
  untilServing,
  vote,
  wordAhead,
} from '../testing/services.ts';

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
