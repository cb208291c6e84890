import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUTIES, decodeHead } from '../../rule/index.ts';
import { type Store, StoreFault } from '../../store/index.ts';
import type { AdoptRequest } from '../contract.ts';
import { copyOf } from '../testing/fake-ledger.ts';
import {
  ask,
  CHAIN,
  claimOf,
  fakeLog,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  refusal,
  startAdopted,
  startPair,
  startServing,
  textAt,
} from '../testing/services.ts';
import { clockOf, until } from '../testing/world.ts';

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
    notes.push(decodeHead(await textAt(store, `mark/${CHAIN}/${KEY}/${name}`), duty).last.note);
  }
  assert.deepEqual(notes, Array(4).fill(`Ada: ${confirmation}`));
});

test('a node removed from the roster is granted nothing from that commit on, not even a repeat, by any service', async (context) => {
  const { first, second } = await startPair(context);
  assert.equal(await ask(second.permit, 'a'), 'granted:new');
  await first.permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }] }), 'test');
  assert.equal(await ask(second.permit, 'a'), 'denied:not-listed');
  assert.equal(await ask(second.permit, 'a', { unit: '2' }), 'denied:not-listed');
});

const REQUEST: AdoptRequest = { chain: CHAIN, key: KEY, floors: NEVER_SIGNED, confirmation: 'it stopped' };

test('a refusal says what is wrong and what to do', async (context) => {
  const { permit } = await startServing(context);
  const adopt = (change: Partial<AdoptRequest> = {}) =>
    refusal(permit.adopt({ ...REQUEST, ...change }, 'ada'));
  assert.equal(
    await adopt(),
    '404 not-listed: this chain and key have no policy | Apply a policy first: `watchbill policy apply FILE`.',
  );
  assert.equal(await ask(permit, 'a'), 'denied:not-listed');
  await permit.applyPolicy(policyDocument(), 'test');
  const other = 'the policy in the request is of another chain or key | Name the same chain and key in both.';
  for (const change of [{ key: `0x${'cd'.repeat(32)}` }, { chain: `0x${'c2'.repeat(32)}` }])
    assert.equal(await adopt({ policy: policyDocument(change) }), `400 malformed: ${other}`);
  const { babe: _babe, ...rest } = NEVER_SIGNED;
  assert.equal(
    await adopt({ floors: rest }),
    '400 floor-missing: no floor is given for babe | Name a floor, or null if the key never signed this duty.',
  );
  assert.equal(
    await adopt({ floors: { ...NEVER_SIGNED, sassafras: '1' } }),
    '400 malformed: sassafras is not a duty | Use one of babe, aura, aura-blocks, aura-parachain, aura-scheduling, grandpa, beefy, im-online.',
  );
  assert.match(
    await adopt({ floors: { ...NEVER_SIGNED, grandpa: '7' } }),
    /^400 malformed: the floor of grandpa: .+ \| Write it as the API does, for example 12\/345\.$/,
  );
  assert.equal(await ask(permit, 'a'), 'denied:not-adopted', 'the key is still not adopted');
});

test('a duty that is off needs no floor, and may have one', async (context) => {
  const { permit } = await startAdopted(context);
  const { duties } = policyDocument();
  const off = { enabled: false, digestRequired: true, window: 1 };
  const policy = policyDocument({ duties: { ...duties, beefy: off } });
  const { beefy: _beefy, ...floors } = NEVER_SIGNED;
  const marks = await permit.adopt({ ...REQUEST, policy, floors }, 'ada');
  assert.deepEqual(marks.map(({ duty }) => duty).sort(), ['babe', 'grandpa', 'im-online']);
  const more = await permit.adopt({ ...REQUEST, policy, floors: { ...floors, beefy: '3/9' } }, 'ada');
  assert.equal(more.find(({ duty }) => duty === 'beefy')?.floor, '3/9');
});

test('an adoption is logged with who asked for it, and shows the mark of each duty', async (context) => {
  const { log, events: warned } = fakeLog('warn');
  const { permit } = await startAdopted(context, {}, { parts: { log } });
  warned.length = 0;
  const marks = await permit.adopt({ ...REQUEST, floors: { ...NEVER_SIGNED, babe: '7' } }, 'ada');
  assert.deepEqual(warned, [{ event: 'adopted', chain: CHAIN, key: KEY, by: 'ada' }]);
  assert.deepEqual(marks.map(({ chain, key, duty, floor }) => [chain, key, duty, floor]).slice(0, 2), [
    [CHAIN, KEY, 'babe', '7'],
    [CHAIN, KEY, 'grandpa', null],
  ]);
});

test('a store that lost a grant is not adopted over: the service stops', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startAdopted(context, {}, { store });
  const before = store.snapshot();
  assert.equal(await ask(permit, 'a'), 'granted:new');
  store.restore(before);
  assert.equal(
    await refusal(permit.adopt(REQUEST, 'ada')),
    '503 store-behind: the store is behind the memory of this service at babe: entry 2 is remembered and the store does not hold it' +
      ' | First find out which store the service is connected to; it grants no unit until the store agrees with its memory.',
  );
  const { state, detail } = await permit.health();
  assert.equal(state, 'behind');
  assert.equal(detail, 'babe: entry 2 is remembered and the store does not hold it');
});

test('a floor below the unit of a held report is refused, and one at it is not', async (context) => {
  const store = memoryStore(context);
  const first = await startAdopted(context, { standbyDelayMs: 0 }, { store });
  await first.stop();
  const backup = copyOf(first.disk);
  const before = store.snapshot();
  const between = await startServing(context, { store, disk: first.disk });
  const { word } = await between.permit.claim(claimOf({ unit: '2' }), { node: 'a' });
  await between.stop();
  store.restore(before);
  const { permit } = await startServing(context, { store, disk: backup });
  assert.equal(await ask(permit, 'a', { unit: '3', word }), 'denied:store-behind');
  const adopt = (babe: string) => permit.adopt({ ...REQUEST, floors: { ...NEVER_SIGNED, babe } }, 'ada');
  assert.match(
    await refusal(adopt('1')),
    /^409 report-held: .+ \| Choose floors at or above the highest unit of each report: `watchbill rollback-report list` shows them\.$/,
  );
  await adopt('2');
  const isReleased = async () => (await permit.rollbackReports())[0]?.state === 'released';
  await until(context, isReleased, 'the report to end');
  const { records } = await store.list('doubt/');
  const freed = records.map(({ value }) => /"adoption":"([^"]+)"/.exec(Buffer.from(value).toString())?.[1]);
  assert.match(freed.join(), /^ada at 2023-/, 'the record says who adopted the key, and when');
  assert.equal(await ask(permit, 'a', { unit: '3' }), 'granted:new');
});

test('a store that lost a whole mark is not adopted over', async (context) => {
  const store = memoryStore(context);
  const { permit } = await startServing(context, { store });
  await permit.applyPolicy(policyDocument(), 'test');
  const before = store.snapshot();
  await permit.adopt(REQUEST, 'ada');
  store.restore(before);
  await assert.rejects(permit.adopt(REQUEST, 'ada'), { code: 'store-behind' });
});

test('a grant that the floor of another service denies for ever is no reason to refuse an adoption', async (context) => {
  const { first, second } = await startPair(context, { standbyDelayMs: 0 });
  assert.equal(await ask(first.permit, 'a', { unit: '5' }), 'granted:new');
  await second.permit.adopt({ ...REQUEST, floors: { ...NEVER_SIGNED, babe: '10' } }, 'ada');
  const marks = await first.permit.adopt(REQUEST, 'ada');
  assert.equal(marks.find(({ duty }) => duty === 'babe')?.floor, '10');
});

test('the floors of an adoption stand in for the memory of earlier sessions', async (context) => {
  const store = memoryStore(context);
  const change = {
    return: 'deny',
    standbyDelayMs: 0,
    ceilings: { ...policyDocument().ceilings, allowedSkewMs: 500 },
  } as const;
  const first = await startAdopted(context, change, { store });
  await first.stop();
  const { permit } = await startServing(context, { store, disk: first.disk });
  const unit = String(Math.floor((clockOf(context).nowMs() - change.ceilings.genesisMs) / 1_000));
  assert.equal(await ask(permit, 'a', { unit }), 'denied:unit-past');
  await permit.adopt(REQUEST, 'ada');
  assert.equal(await ask(permit, 'a', { unit }), 'granted:new');
});

test('an adoption that may have been written says so', async (context) => {
  let armed = false;
  const cause = new StoreFault('unavailable', 'no answer', 'nothing');
  const store = fakeSeen(memoryStore(context), ({ writes }) =>
    armed && writes.some(({ key }) => key.startsWith('mark/'))
      ? Promise.resolve({ outcome: 'ambiguous', cause })
      : undefined,
  );
  const { permit } = await startAdopted(context, {}, { store });
  armed = true;
  assert.equal(
    await refusal(permit.adopt(REQUEST, 'ada')),
    '503 store-unavailable: it is not certain whether the key was written | Look at it, and repeat the command if it was not.',
  );
});
