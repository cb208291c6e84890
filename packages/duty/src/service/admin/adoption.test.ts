import assert from 'node:assert/strict';
import test from 'node:test';
import { DUTIES, decodeHead } from '../../rule/index.ts';
import type { Store } from '../../store/index.ts';
import {
  ask,
  CHAIN,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  startAdopted,
  startPair,
  startServing,
} from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';

test('an adopted key keeps its floors, and adopting again only raises them', async (context) => {
  const { permit } = await startAdopted(context);
  const adopt = (floors: Record<string, string | null>) =>
    permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'stopped' }, 'test');
  await adopt({ ...NEVER_SIGNED, babe: '10' });
  assert.equal(await ask(permit, 'a', { unit: '10' }), 'denied:below-floor');
  assert.equal(await ask(permit, 'a', { unit: '11' }), 'granted:new');
  await adopt({ ...NEVER_SIGNED, babe: '5' });
  assert.equal(await ask(permit, 'a', { unit: '10' }), 'denied:below-floor');
  assert.equal(await ask(permit, 'b', { unit: '11' }), 'denied:unit-taken');
  await assert.rejects(adopt({ babe: null }), { code: 'floor-missing' });
});

test('a change waits for the answer of a renewal that the store has applied already', async (context) => {
  const inner = memoryStore(context);
  const clock = clockOf(context);
  let answerLateMs = 0;
  const store: Store = {
    ...inner,
    transact: async (transactions, options) => {
      const results = await inner.transact(transactions, options);
      const renews = transactions.some(({ writes }) => writes.some(({ key }) => key.startsWith('session/')));
      if (renews && answerLateMs > 0) await clock.sleep(answerLateMs);
      return results;
    },
  };
  const { permit } = await startAdopted(context, {}, { store });
  const adopt = () =>
    permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'stopped' }, 'test');
  answerLateMs = 500;
  // Many changes, so that some fall between a renewal in the store and its answer.
  for (let change = 0; change < 60; change += 1) {
    await adopt();
    await clock.sleep(100);
  }
  answerLateMs = 1_000_000;
  const stuck = async () => {
    for (let change = 0; change < 60; change += 1) {
      await adopt();
      await clock.sleep(100);
    }
  };
  await assert.rejects(stuck(), { code: 'not-serving' });
});

test('the ledger keeps who confirmed that the old node stopped, in the adoption of each mark', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, {}, { store });
  const confirmation = 'the old machine is powered off';
  await permit.adopt({ chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation }, 'Ada');
  const notes: (string | null)[] = [];
  for (const name of Object.keys(NEVER_SIGNED)) {
    const duty = DUTIES.find((one) => one.name === name);
    assert.ok(duty);
    const [text] = await store.read([`mark/${CHAIN}/${KEY}/${name}`]);
    notes.push(decodeHead(Buffer.from(text ?? []).toString(), duty).last.note);
  }
  assert.deepEqual(notes, Array(4).fill(`Ada: ${confirmation}`));
});

test('a key with a policy that was never adopted is denied', async (context) => {
  const { permit } = await startServing(context);
  assert.equal(await ask(permit, 'a'), 'denied:not-listed');
  await permit.applyPolicy(policyDocument(), 'test');
  assert.equal(await ask(permit, 'a'), 'denied:not-adopted');
});

test('a node removed from the roster is granted nothing from that commit on, not even a repeat, by any service', async (context) => {
  const { first, second } = await startPair(context);
  assert.equal(await ask(second.permit, 'a'), 'granted:new');
  await first.permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }] }), 'test');
  assert.equal(await ask(second.permit, 'a'), 'denied:not-listed');
  assert.equal(await ask(second.permit, 'a', { unit: '2' }), 'denied:not-listed');
});
