import assert from 'node:assert/strict';
import test from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import type { PolicyDocument } from '../contract.ts';
import {
  ask,
  CHAIN,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  startAdopted,
  vote,
} from '../testing/services.ts';

/** Changes of a policy that would grant a unit a second time, or that the store would refuse. */

const wire = (roundScope: 'unscoped' | 'node-set'): Partial<PolicyDocument> => ({
  originalWire: { enabled: true, slotDuty: 'babe', roundScope },
});
const noDigests = {
  babe: { enabled: true, digestRequired: false, window: 1 },
  grandpa: { enabled: true, digestRequired: false, window: 64 },
};

test('a policy that counts units in another way needs floors in the same transaction', async (context) => {
  const floors = { babe: null, grandpa: null };
  const start = { duties: noDigests, ...wire('unscoped') };
  const { permit } = await startAdopted(context, start);
  const scoped = policyDocument({ duties: noDigests, ...wire('node-set') });
  await assert.rejects(permit.applyPolicy(scoped, 'test'), {
    code: 'meaning-changed',
    message: /rounds=scoped/,
  });
  const slots = { ...policyDocument({ duties: noDigests, ...wire('unscoped') }) };
  const longer = { ...slots, ceilings: { ...slots.ceilings, slotMs: 2_000 } };
  await assert.rejects(permit.applyPolicy(longer, 'test'), {
    code: 'meaning-changed',
    message: /slotMs=2000/,
  });
  const request = { chain: CHAIN, key: KEY, confirmation: 'every signer is stopped' };
  await permit.adopt({ ...request, floors: { ...floors, grandpa: '5/10' }, policy: scoped }, 'test');
  const [policy] = await permit.policies();
  assert.equal(policy?.originalWire.roundScope, 'node-set');
  await permit.observe({ chain: CHAIN, setId: '5', round: '9' }, 'watcher');
  const prevote = (unit: string) => ({ duty: 'grandpa', unit, part: 'prevote', digest: vote('01') }) as const;
  assert.equal(await ask(permit, 'a', prevote('5/10')), 'denied:below-floor');
  assert.equal(await ask(permit, 'a', prevote('5/11')), 'granted:new');
});

test('a policy in an adoption names the same chain and key', async (context) => {
  const { permit } = await startAdopted(context);
  const policy = policyDocument({ key: `0x${'ee'.repeat(32)}` });
  const request = { chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'new', policy };
  await assert.rejects(permit.adopt(request, 'test'), { code: 'malformed' });
});

test('a duty that is switched off and on again keeps its meaning', async (context) => {
  const { permit } = await startAdopted(context);
  const off = policyDocument();
  const duties = { ...off.duties, babe: { enabled: false, digestRequired: true, window: 1 } };
  await permit.applyPolicy({ ...off, duties }, 'test');
  await permit.applyPolicy(off, 'test');
  assert.equal(await ask(permit, 'a', { unit: '1' }), 'granted:new');
});

/** The limit of etcd: 128 operations in a transaction. */
const MAX_OPERATIONS = 128;

test('a window that shrinks never makes a transaction that the store refuses', async (context) => {
  const inner = memoryStore(context);
  let largest = 0;
  const transact: Store['transact'] = async (transactions, options) => {
    for (const { compares, writes } of transactions) {
      const operations = compares.length + writes.length;
      largest = Math.max(largest, operations);
      if (operations > MAX_OPERATIONS)
        throw new StoreFault('refused', `${operations} operations`, 'Send fewer.');
    }
    return inner.transact(transactions, options);
  };
  const grandpa = (window: number) => ({ grandpa: { enabled: true, digestRequired: true, window } });
  const ceilings = { ...policyDocument().ceilings, roundsBack: 300 };
  const store = { ...inner, transact };
  const { permit } = await startAdopted(context, { duties: grandpa(200), ceilings }, { store });
  const prevote = (round: number) =>
    ask(permit, 'a', { duty: 'grandpa', unit: `0/${round}`, part: 'prevote', digest: vote('01') });
  for (let round = 1; round <= 200; round++) {
    if (round % 10 === 1) await permit.observe({ chain: CHAIN, setId: '0', round: String(round) }, 'watcher');
    assert.equal(await prevote(round), 'granted:new');
  }
  const shrunk = policyDocument({ duties: grandpa(60), ceilings });
  await permit.applyPolicy(shrunk, 'test');
  const records = async () => (await inner.list('unit/', { limit: 1_000 })).records.length;
  await permit.observe({ chain: CHAIN, setId: '0', round: '200' }, 'watcher');
  for (let round = 201; round <= 215; round++) assert.equal(await prevote(round), 'granted:new');
  assert.equal(await records(), 60, 'leftovers are deleted over several grants');
  assert.equal(await prevote(150), 'denied:below-floor');
  const floors = { grandpa: '0/900' };
  await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'stopped' }, 'test');
  assert.ok(largest <= MAX_OPERATIONS, String(largest));
});
