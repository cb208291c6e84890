import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHead, dutyNamed } from '../../rule/index.ts';
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
import { adopt } from './testing/adopt.ts';

test('an adopted key keeps its floors, and adopting again only raises them', async (context) => {
  const { permit } = await startAdopted(context);
  await adopt(permit, { babe: '10' });
  assert.equal(await ask(permit, 'a', { unit: '10' }), 'denied:below-floor');
  assert.equal(await ask(permit, 'a', { unit: '11' }), 'granted:new');
  await adopt(permit, { babe: '5' });
  assert.equal(await ask(permit, 'a', { unit: '10' }), 'denied:below-floor');
  assert.equal(await ask(permit, 'b', { unit: '11' }), 'denied:unit-taken');
  await assert.rejects(adopt(permit, {}, { floors: { babe: null } }), { code: 'floor-missing' });
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
  /** So many changes that some fall between a renewal in the store and its answer. */
  const change = async (lateMs: number) => {
    answerLateMs = lateMs;
    for (let count = 0; count < 60; count += 1) {
      await adopt(permit);
      await clock.sleep(100);
    }
  };
  await change(500);
  await assert.rejects(change(1_000_000), { code: 'not-serving' });
});

test('the ledger keeps who confirmed that the old node stopped, in the adoption of each mark', async (context) => {
  const { permit, store } = await startAdopted(context);
  await adopt(permit, {}, { confirmation: 'the old machine is powered off' });
  for (const name of Object.keys(NEVER_SIGNED)) {
    const head = decodeHead(
      await textAt(store, `mark/${CHAIN}/${KEY}/${name}`),
      dutyNamed(name) ?? assert.fail(),
    );
    assert.equal(head.last.note, 'ada: the old machine is powered off');
  }
});

test('a node removed from the roster is granted nothing from that commit on, not even a repeat, by any service', async (context) => {
  const { first, second } = await startPair(context);
  assert.equal(await ask(second.permit, 'a'), 'granted:new');
  await first.permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }] }), 'test');
  assert.equal(await ask(second.permit, 'a'), 'denied:not-listed');
  assert.equal(await ask(second.permit, 'a', { unit: '2' }), 'denied:not-listed');
});

test('a refusal says what is wrong and what to do', async (context) => {
  const { permit } = await startServing(context);
  const refused = (floors?: AdoptRequest['floors'], change?: Partial<AdoptRequest>) =>
    refusal(adopt(permit, floors, change));
  assert.equal(
    await refused(),
    '404 not-listed: this chain and key have no policy | Apply a policy first: `watchbill policy apply FILE`.',
  );
  assert.equal(await ask(permit, 'a'), 'denied:not-listed');
  await permit.applyPolicy(policyDocument(), 'test');
  const other = 'the policy in the request is of another chain or key | Name the same chain and key in both.';
  for (const change of [{ key: `0x${'cd'.repeat(32)}` }, { chain: `0x${'c2'.repeat(32)}` }])
    assert.equal(await refused({}, { policy: policyDocument(change) }), `400 malformed: ${other}`);
  const { babe: _babe, ...floors } = NEVER_SIGNED;
  assert.equal(
    await refused({}, { floors }),
    '400 floor-missing: no floor is given for babe | Name a floor, or null if the key never signed this duty.',
  );
  assert.equal(
    await refused({ sassafras: '1' }),
    '400 malformed: sassafras is not a duty | Use one of babe, aura, aura-blocks, aura-parachain, aura-scheduling, grandpa, beefy, im-online.',
  );
  assert.match(
    await refused({ grandpa: '7' }),
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
  const marks = await adopt(permit, {}, { policy, floors });
  assert.deepEqual(marks.map(({ duty }) => duty).sort(), ['babe', 'grandpa', 'im-online']);
  const more = await adopt(permit, { beefy: '3/9' }, { policy });
  assert.equal(more.find(({ duty }) => duty === 'beefy')?.floor, '3/9');
});

test('an adoption is logged with who asked for it, and shows the mark of each duty', async (context) => {
  const { log, events: warned } = fakeLog('warn');
  const { permit } = await startAdopted(context, {}, { parts: { log } });
  warned.length = 0;
  const marks = await adopt(permit, { babe: '7' });
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
    await refusal(adopt(permit)),
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
  assert.match(
    await refusal(adopt(permit, { babe: '1' })),
    /^409 report-held: .+ \| Choose floors at or above the highest unit of each report: `watchbill rollback-report list` shows them\.$/,
  );
  await adopt(permit, { babe: '2' });
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
  await adopt(permit);
  store.restore(before);
  await assert.rejects(adopt(permit), { code: 'store-behind' });
});

test('a grant that the floor of another service denies for ever is no reason to refuse an adoption', async (context) => {
  const { first, second } = await startPair(context, { standbyDelayMs: 0 });
  assert.equal(await ask(first.permit, 'a', { unit: '5' }), 'granted:new');
  await adopt(second.permit, { babe: '10' });
  const marks = await adopt(first.permit);
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
  await adopt(permit);
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
    await refusal(adopt(permit)),
    '503 store-unavailable: it is not certain whether the key was written | Look at it, and repeat the command if it was not.',
  );
});
