import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import {
  ask,
  CHAIN,
  FIT_REPORT,
  fakeLog,
  KEY,
  put,
  type ServiceSetup,
  startAdopted,
} from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';

const enter = (unit: string, term: string) =>
  ({ duty: 'grandpa', unit, part: 'enter', digest: null, term }) as const;
const voteIn = (unit: string, part: 'prevote' | 'precommit', byte: string) => ({
  ...{ duty: 'grandpa', unit, part, digest: `0x${byte.repeat(40)}` },
});

/** `a` is active and has entered round 1. */
async function open(context: TestContext, setup: ServiceSetup = {}) {
  const service = await startAdopted(context, { watchTtlMs: 60_000 }, setup);
  const { permit } = service;
  await permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  for (const node of ['a', 'b']) await permit.reportReadiness(FIT_REPORT, node);
  assert.equal(await ask(permit, 'a', enter('0/1', '1')), 'granted:new');
  const watch = async () => {
    const [state] = await permit.watches({ key: KEY });
    return `${state?.holder}/${state?.term}/${state?.movingTo}`;
  };
  return { ...service, watch };
}

test('a request that ends calls the handover off: the old holder has the watch and enters again', async (context) => {
  const { permit, watch } = await open(context);
  const gone = new AbortController();
  const moving = permit.handOver(CHAIN, KEY, 'b', { by: 'ada', signal: gone.signal });
  const refused = assert.rejects(moving, { code: 'called-off' });
  await clockOf(context).sleep(200);
  assert.equal(await watch(), 'a/1/b');
  gone.abort();
  await refused;
  assert.equal(await watch(), 'a/1/null');
  assert.equal(await ask(permit, 'a', enter('0/2', '1')), 'granted:new');
});

test('a forced handover does not wait, and a vote of the old holder still binds its round', async (context) => {
  const { log, events: logged } = fakeLog('warn');
  const { permit, watch } = await open(context, { parts: { log } });
  assert.equal(await ask(permit, 'a', voteIn('0/1', 'prevote', '01')), 'granted:new');
  const startMs = clockOf(context).monotonicMs();
  await permit.handOver(CHAIN, KEY, 'b', { by: 'ada', force: 'alpha hangs' });
  assert.ok(clockOf(context).monotonicMs() - startMs < 1_000, 'it waited for the open unit');
  assert.equal(await watch(), 'b/2/null');
  assert.equal(await ask(permit, 'b', enter('0/1', '2')), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b', voteIn('0/1', 'prevote', '02')), 'denied:digest-differs');
  assert.equal(await ask(permit, 'a', voteIn('0/1', 'precommit', '03')), 'granted:new');
  assert.equal(await ask(permit, 'b', enter('0/2', '2')), 'granted:new');
  const moved = logged.find(({ event }) => event === 'handed-over');
  assert.deepEqual([moved?.by, moved?.force], ['ada', 'alpha hangs']);
  const found = (await permit.standbys({})).find(({ node }) => node === 'b')?.lastHandover;
  assert.deepEqual([found?.by, found?.force, found?.from, found?.term], ['ada', 'alpha hangs', 'a', '2']);
});

test('a round that the network has left behind is not waited for', async (context) => {
  const { permit, watch } = await open(context);
  let over = false;
  const moving = permit.handOver(CHAIN, KEY, 'b', { by: 'ada' }).then(() => {
    over = true;
  });
  await permit.observe({ chain: CHAIN, setId: '0', round: '2' }, 'watcher');
  await clockOf(context).sleep(500);
  assert.equal(over, false, 'a vote may still count while the next round runs');
  await permit.observe({ chain: CHAIN, setId: '0', round: '3' }, 'watcher');
  await moving;
  assert.equal(await watch(), 'b/2/null');
});

test('force does not move the watch to a node that is not ready or not listed', async (context) => {
  const { permit, store, watch } = await open(context);
  await put(store, `presence/${CHAIN}/${KEY}/b`, null);
  await clockOf(context).sleep(100);
  const how = { by: 'ada', force: 'alpha hangs' };
  await assert.rejects(permit.handOver(CHAIN, KEY, 'b', how), { code: 'not-ready' });
  await assert.rejects(permit.handOver(CHAIN, KEY, 'c', how), { code: 'not-listed' });
  assert.equal(await watch(), 'a/1/null');
});

test('a handover to the holder ends one that lost its service', async (context) => {
  const { permit, store, watch } = await open(context);
  await put(store, `watch/${CHAIN}/${KEY}`, '{"holder":"a","relief":"b","term":"1","v":1}');
  await clockOf(context).sleep(100);
  assert.equal(await ask(permit, 'a', enter('0/2', '1')), 'denied:off-watch');
  await permit.handOver(CHAIN, KEY, 'a', { by: 'ada' });
  assert.equal(await watch(), 'a/1/null');
  assert.equal(await ask(permit, 'a', enter('0/2', '1')), 'granted:new');
});
