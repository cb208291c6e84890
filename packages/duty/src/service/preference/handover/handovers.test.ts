import assert from 'node:assert/strict';
import test from 'node:test';
import { type Store, StoreFault } from '../../../store/index.ts';
import {
  ask,
  CHAIN,
  FIT_REPORT,
  fakeSeen,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  startAdopted,
  untilServing,
} from '../../testing/services.ts';
import { clockOf, until } from '../../testing/world.ts';

const enter = (unit: string, term = '1') =>
  ({ duty: 'grandpa', unit, part: 'enter', digest: null, term }) as const;
const seen = { chain: CHAIN, setId: '0', round: '1' };

test('a handover whose service died is called off after its time, so that the holder enters again', async (context) => {
  const clock = clockOf(context);
  const { permit, store } = await startAdopted(context, { watchTtlMs: 20_000 });
  await permit.observe(seen, 'watcher');
  await permit.reportReadiness(FIT_REPORT, 'a');
  const left = '{"holder":"a","relief":"b","term":"1","v":1}';
  await store.transact([
    { compares: [], writes: [{ key: `watch/${CHAIN}/${KEY}`, value: Buffer.from(left) }] },
  ]);
  assert.equal(await ask(permit, 'a', enter('0/1')), 'denied:off-watch');
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal(await ask(permit, 'a', enter('0/1')), 'denied:off-watch');
  const reportFor = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await clock.sleep(1_000);
      await permit.reportReadiness(FIT_REPORT, 'a');
    }
  };
  await reportFor(40);
  assert.equal(await ask(permit, 'a', enter('0/1')), 'denied:off-watch');
  await reportFor(6);
  assert.equal(await ask(permit, 'a', enter('0/1')), 'granted:new');
});

test('a handover that meets a store fault leaves the holder active', async (context) => {
  const inner = memoryStore(context);
  let broken = false;
  const read: Store['read'] = (wanted, options) => {
    if (broken && wanted.some((key) => key.startsWith('mark/'))) {
      broken = false;
      return Promise.reject(new StoreFault('unavailable', 'no answer', 'nothing'));
    }
    return inner.read(wanted, options);
  };
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 }, { store: { ...inner, read } });
  await permit.observe(seen, 'watcher');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await permit.reportReadiness(FIT_REPORT, 'b');
  broken = true;
  await assert.rejects(permit.handOver(CHAIN, KEY, 'b'), { code: 'unavailable' });
  assert.equal(await ask(permit, 'a', enter('0/1')), 'granted:new');
});

test('a holder that is no longer listed gives up the watch, however alive it is for other keys', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 });
  const other = `0x${'cd'.repeat(32)}`;
  await permit.applyPolicy(policyDocument({ key: other, watchTtlMs: 20_000 }), 'test');
  await permit.adopt({ chain: CHAIN, key: other, floors: NEVER_SIGNED, confirmation: 'a new key' }, 'test');
  await permit.observe(seen, 'watcher');
  await permit.reportReadiness({ ...FIT_REPORT, keys: [KEY, other] }, 'a');
  await permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }], watchTtlMs: 20_000 }), 'test');
  const [watch] = await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(`${watch?.holder}/${watch?.term}`, 'b/2');
  assert.equal(await ask(permit, 'b', enter('0/1', '2')), 'granted:new');
});

test('a presence that ended while the mirror was read again does not stay', async (context) => {
  const inner = memoryStore(context);
  let between: (() => Promise<unknown>) | null = null;
  const list: Store['list'] = async (prefix, page, options) => {
    const found = await inner.list(prefix, page, options);
    if (between === null || prefix !== 'presence/') return found;
    const act = between;
    between = null;
    await act();
    return found;
  };
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 }, { store: { ...inner, list } });
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal((await permit.watches({}))[0]?.live, true);
  let over = false;
  between = async () => {
    await inner.transact([{ compares: [], writes: [{ key: `presence/${CHAIN}/${KEY}/a`, value: null }] }]);
    over = true;
  };
  inner.restore(inner.snapshot());
  await until(context, () => over, 'the presence to end in the middle of the reading');
  await until(
    context,
    async () => (await permit.watches({}))[0]?.live === false,
    'the end of the presence to count',
  );
  await clockOf(context).sleep(20);
  assert.equal((await permit.watches({}))[0]?.live, false);
});

test('the last report of an observer is written in the end, whatever the store reports in between', async (context) => {
  const store = fakeSeen(memoryStore(context), () => undefined);
  const { permit } = await startAdopted(context, {}, { store });
  await untilServing(context, permit);
  const key = `observed/${CHAIN}/watcher`;
  const stored = async () => Buffer.from((await store.read([key]))[0] ?? []).toString();
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  await until(context, async () => (await stored()).includes('"round":"1"'), 'the first report');
  const first = await stored();
  await permit.observe({ chain: CHAIN, setId: '0', round: '10' }, 'watcher');
  await store.transact([
    { compares: [], writes: [{ key, value: Buffer.from(first.replace('"round":"1"', '"round":"2"')) }] },
  ]);
  assert.equal(
    await ask(permit, 'a', {
      duty: 'grandpa',
      unit: '0/20',
      part: 'prevote',
      digest: `0x${'01'.repeat(40)}`,
    }),
    'granted:new',
  );
  await until(context, async () => (await stored()).includes('"round":"10"'), 'the last report');
});

test('a question of the original protocol by a node that is no longer listed takes no watch', async (context) => {
  const originalWire = { enabled: true, slotDuty: 'babe', roundScope: 'node-set' } as const;
  const { permit } = await startAdopted(context, { originalWire, roster: [{ name: 'b', rank: 0 }] });
  const caller = { node: 'a', chain: CHAIN, key: KEY };
  const reply = await permit.claimOriginal({ kind: 'slot', number: '1' }, caller);
  assert.equal(reply.reason, 'not-listed');
  await until(context, () => permit.decisions({ limit: 1 }).decisions.length === 1, 'the decision');
  assert.equal((await permit.watches({}))[0]?.holder, null);
});

test('however often a store asks to be read again, one reading is under way and a last one follows', async (context) => {
  const inner = memoryStore(context);
  let underWay = 0;
  let most = 0;
  let readings = 0;
  let held = Promise.resolve();
  const list: Store['list'] = async (prefix, page, options) => {
    if (prefix !== 'presence/') return inner.list(prefix, page, options);
    readings += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    const found = await inner.list(prefix, page, options);
    await held;
    underWay -= 1;
    return found;
  };
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 }, { store: { ...inner, list } });
  await permit.reportReadiness(FIT_REPORT, 'a');
  const with1 = inner.snapshot();
  const before = readings;
  await inner.transact([{ compares: [], writes: [{ key: `presence/${CHAIN}/${KEY}/a`, value: null }] }]);
  const without = inner.snapshot();
  const { promise, resolve: release } = Promise.withResolvers<void>();
  held = promise;
  for (let time = 0; time < 21; time++) inner.restore(time % 2 === 0 ? with1 : without);
  await until(context, () => underWay > 0, 'a reading to be under way');
  inner.restore(without);
  release();
  await until(
    context,
    async () => (await permit.watches({}))[0]?.live === false && underWay === 0,
    'the last state',
  );
  assert.equal(most, 1);
  assert.ok(readings - before <= 3, `${readings - before} readings`);
});
