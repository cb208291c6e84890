import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type Store, StoreFault } from '../../store/index.ts';
import type { Permit, PolicyDocument } from '../contract.ts';
import { keys } from '../ground/keys.ts';
import {
  ask,
  CHAIN,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  type ServiceSetup,
  startAdopted,
  startServing,
  vote,
} from '../testing/services.ts';
import { adopt } from './testing/adopt.ts';

/** Changes of a policy that would grant a unit a second time, or that the store would refuse. */

const wire = (roundScope: 'unscoped' | 'node-set'): Partial<PolicyDocument> => ({
  originalWire: { enabled: true, slotDuty: 'babe', roundScope },
  duties: {
    babe: { enabled: true, digestRequired: false, window: 1 },
    grandpa: { enabled: true, digestRequired: false, window: 64 },
  },
});
const prevote = (unit: string) => ({ duty: 'grandpa', unit, part: 'prevote', digest: vote('01') }) as const;
const see = (permit: Permit, setId: string, round: string) =>
  permit.observe({ chain: CHAIN, setId, round }, 'watcher');

test('a policy that counts units in another way needs floors in the same transaction', async (context) => {
  const { permit } = await startAdopted(context, wire('unscoped'));
  const scoped = policyDocument(wire('node-set'));
  const code = 'meaning-changed';
  await assert.rejects(permit.applyPolicy(scoped, 'test'), { code, message: /rounds=scoped/ });
  const slots = policyDocument(wire('unscoped'));
  const longer = { ...slots, ceilings: { ...slots.ceilings, slotMs: 2_000 } };
  await assert.rejects(permit.applyPolicy(longer, 'test'), {
    code,
    message: /slotMs=2000/,
    remedy: /`watchbill adopt --policy FILE`/,
  });
  await adopt(permit, {}, { floors: { babe: null, grandpa: '5/10' }, policy: scoped });
  const [policy] = await permit.policies();
  assert.equal(policy?.originalWire.roundScope, 'node-set');
  await see(permit, '5', '9');
  assert.equal(await ask(permit, 'a', prevote('5/10')), 'denied:below-floor');
  assert.equal(await ask(permit, 'a', prevote('5/11')), 'granted:new');
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
  const asked = (round: number) => ask(permit, 'a', prevote(`0/${round}`));
  for (let round = 1; round <= 200; round++) {
    if (round % 10 === 1) await see(permit, '0', String(round));
    assert.equal(await asked(round), 'granted:new');
  }
  const shrunk = policyDocument({ duties: grandpa(60), ceilings });
  await permit.applyPolicy(shrunk, 'test');
  const records = async () => (await inner.list('unit/', { limit: 1_000 })).records.length;
  await see(permit, '0', '200');
  for (let round = 201; round <= 215; round++) assert.equal(await asked(round), 'granted:new');
  assert.equal(await records(), 60, 'leftovers are deleted over several grants');
  assert.equal(await asked(150), 'denied:below-floor');
  await adopt(permit, {}, { floors: { grandpa: '0/900' } });
  assert.ok(largest <= MAX_OPERATIONS, String(largest));
});

/** Protocol section 6: the last unit of a duty, above which another ledger may begin. */

const { duties: allDuties } = policyDocument();
const ending = (units: Readonly<Record<string, string>>): PolicyDocument => {
  const last = Object.entries(units).map(([name, lastUnit]) => [name, { ...allDuties[name], lastUnit }]);
  return policyDocument({ standbyDelayMs: 0, duties: { ...allDuties, ...Object.fromEntries(last) } });
};
const start = async (context: TestContext, setup: ServiceSetup = {}) => {
  const service = await startAdopted(context, { standbyDelayMs: 0 }, setup);
  await see(service.permit, '3', '9');
  return service;
};

test('each unit is granted by the old ledger or by the new one', async (context) => {
  const old = await start(context);
  await old.permit.applyPolicy(ending({ grandpa: '3/12', babe: '40' }), 'ada');
  const next = await startServing(context, { store: memoryStore(context) });
  await next.permit.applyPolicy(policyDocument({ standbyDelayMs: 0 }), 'ada');
  await adopt(next.permit, { babe: '40', grandpa: '3/12' });
  await see(next.permit, '3', '9');
  for (const [claim, ...answers] of [
    [prevote('3/11'), 'granted:new', 'denied:below-floor'],
    [prevote('3/12'), 'granted:new', 'denied:below-floor'],
    [prevote('3/13'), 'denied:after-last-unit', 'granted:new'],
    [prevote('4/1'), 'denied:after-last-unit', 'granted:new'],
    [{ unit: '40' }, 'granted:new', 'denied:below-floor'],
    [{ unit: '41' }, 'denied:after-last-unit', 'granted:new'],
  ] as const)
    assert.deepEqual([await ask(old.permit, 'a', claim), await ask(next.permit, 'a', claim)], answers);
});

test('a last unit below a grant is refused, also if the grant comes while it is written', async (context) => {
  const inner = memoryStore(context);
  let meanwhile: (() => Promise<string>) | null = null;
  const store = fakeSeen(inner, ({ writes }) => {
    const act = writes.some(({ key }) => key === keys.policyPointer(CHAIN, KEY)) ? meanwhile : null;
    meanwhile = act === null ? meanwhile : null;
    return act?.().then(async (answer) => {
      assert.equal(answer, 'granted:new');
      return undefined;
    });
  });
  const { permit } = await start(context, { store });
  assert.equal(await ask(permit, 'a', prevote('3/12')), 'granted:new');
  await assert.rejects(permit.applyPolicy(ending({ grandpa: '3/11' }), 'ada'), {
    code: 'last-unit-passed',
    message: 'grandpa is at 3/12 already, above the last unit 3/11',
  });
  meanwhile = () => ask(permit, 'a', prevote('3/14'));
  await assert.rejects(permit.applyPolicy(ending({ grandpa: '3/13' }), 'ada'), { code: 'changed' });
  assert.equal(meanwhile, null);
});

test('a last unit falls freely, and rises or goes only with floors', async (context) => {
  const { permit } = await start(context);
  await permit.applyPolicy(ending({ grandpa: '3/20' }), 'ada');
  await permit.applyPolicy(ending({ grandpa: '3/15' }), 'ada');
  const { grandpa: _, ...without } = allDuties;
  for (const raised of [
    ending({ grandpa: '3/16' }),
    ending({ grandpa: '4/0' }),
    ending({}),
    policyDocument({ duties: without }),
  ])
    await assert.rejects(permit.applyPolicy(raised, 'ada'), {
      code: 'last-unit-raised',
      message: 'the policy raises or removes the last unit of grandpa',
    });
  const { grandpa: _floor, ...others } = NEVER_SIGNED;
  const forgets = { floors: others, policy: policyDocument({ duties: without }) };
  await assert.rejects(adopt(permit, {}, forgets), { code: 'floor-missing' });
  await assert.rejects(adopt(permit, { grandpa: '3/18' }), { code: 'last-unit-passed' });
  await adopt(permit, { grandpa: '3/18' }, { policy: ending({}) });
  assert.equal(await ask(permit, 'a', prevote('3/18')), 'denied:below-floor');
  assert.equal(await ask(permit, 'a', prevote('3/19')), 'granted:new');
});

test('assumption: the old store was restored to before its last unit, so both ledgers grant', async (context) => {
  const store = memoryStore(context);
  const { permit, disk, stop } = await startAdopted(context, { standbyDelayMs: 0 }, { store });
  const backup = store.snapshot();
  await permit.applyPolicy(ending({ babe: '40' }), 'ada');
  assert.equal(await ask(permit, 'a', { unit: '41' }), 'denied:after-last-unit');
  await stop();
  store.restore(backup);
  const again = await startServing(context, { store, disk });
  assert.equal(await ask(again.permit, 'a', { unit: '41' }), 'granted:new');
});
