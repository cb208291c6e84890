import assert from 'node:assert/strict';
import test from 'node:test';
import type { Store } from '../../../store/index.ts';
import type { Permit } from '../../contract.ts';
import {
  ask,
  CHAIN,
  claimOf,
  FIT_REPORT,
  KEY,
  NEVER_SIGNED,
  policyDocument,
  seal,
  startAdopted,
  vote,
} from '../../testing/services.ts';
import { clockOf, START_MS, until } from '../../testing/world.ts';

const READY = { ...policyDocument().readiness, required: true };
const enter = (unit: string, term: string) =>
  ({ duty: 'grandpa', unit, part: 'enter', digest: null, term }) as const;
const prevote = (unit: string, byte = '01') =>
  ({ duty: 'grandpa', unit, part: 'prevote', digest: vote(byte) }) as const;

async function observeRound(permit: Permit, round: string): Promise<void> {
  await permit.observe({ chain: CHAIN, setId: '0', round }, 'watcher');
}

async function holder(permit: Permit): Promise<string> {
  const [watch] = await permit.watches({});
  return `${watch?.holder}/${watch?.term}/${watch?.live}`;
}

/** The store's event when the lease of a node lapses. */
async function endPresence(store: Store, node: string): Promise<void> {
  await store.transact([
    { compares: [], writes: [{ key: `presence/${CHAIN}/${KEY}/${node}`, value: null }] },
  ]);
}

test('a node that is not fit is refused before it can burn a unit', async (context) => {
  const { permit } = await startAdopted(context, { readiness: READY });
  assert.equal(await ask(permit, 'a'), 'denied:not-ready');
  await permit.reportReadiness({ ...FIT_REPORT, syncing: true }, 'a');
  assert.equal(await ask(permit, 'a'), 'denied:not-ready');
  for (const unfit of [{ peers: 0 }, { finalityLagBlocks: 11 }, { clockOffsetMs: -201 }]) {
    await permit.reportReadiness({ ...FIT_REPORT, ...unfit }, 'a');
    assert.equal(await ask(permit, 'a'), 'denied:not-ready', JSON.stringify(unfit));
  }
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal(await ask(permit, 'a'), 'granted:new');
});

test('the active node enters rounds while no node is ready, and not while another one is', async (context) => {
  const { permit } = await startAdopted(context, { readiness: READY });
  await permit.reportReadiness(FIT_REPORT, 'a');
  await observeRound(permit, '10');
  const unfit = { ...FIT_REPORT, syncing: true };
  await permit.reportReadiness(unfit, 'a');
  assert.equal(await holder(permit), 'a/1/false');
  assert.equal(await ask(permit, 'a', enter('0/9', '1')), 'granted:new');
  assert.equal(await ask(permit, 'a', prevote('0/9')), 'granted:new');
  assert.equal(await ask(permit, 'a'), 'denied:not-ready', 'a block is asked for anew in each slot');
  await permit.reportReadiness(unfit, 'b');
  assert.equal(await ask(permit, 'b', enter('0/10', '1')), 'denied:not-ready', 'b is not active');
  await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(await ask(permit, 'a', enter('0/10', '1')), 'denied:not-ready', 'b is ready');
  assert.equal(await ask(permit, 'b', enter('0/10', '2')), 'granted:new');
});

test('where the whole network finalises nothing no node is passed over; one that is behind others is', async (context) => {
  const warned: string[] = [];
  const silent = () => undefined;
  const warn = (fields: Record<string, unknown>) => {
    if (fields.event === 'not-fit') warned.push(`${fields.node} ${fields.criterion}: ${fields.detail}`);
  };
  const { permit } = await startAdopted(
    context,
    { readiness: READY },
    { parts: { log: { info: silent, error: silent, warn } } },
  );
  const stalled = { ...FIT_REPORT, finalityLagBlocks: 57 };
  const finalised = (observer: string, block: number) =>
    permit.observe({ chain: CHAIN, finalizedBlock: String(block) }, observer);
  await finalised('a', 24);
  await permit.reportReadiness(stalled, 'a');
  assert.equal(await ask(permit, 'a'), 'granted:new', 'without reports of others');
  await finalised('watcher', 24);
  await permit.reportReadiness(stalled, 'a');
  assert.equal(await ask(permit, 'a', { unit: '2' }), 'granted:new', 'without a node ahead');
  await finalised('watcher', 34);
  await permit.reportReadiness(stalled, 'a');
  assert.equal(await ask(permit, 'a', { unit: '3' }), 'granted:new');
  await finalised('watcher', 35);
  for (let second = 0; second < 3; second++) await permit.reportReadiness(stalled, 'a');
  const reply = await permit.claim(claimOf({ unit: '4' }), { node: 'a' });
  assert.equal(`${reply.outcome}:${reply.reason}`, 'denied:not-ready');
  const why = 'its finality is 11 blocks behind, maxFinalityLagBlocks is 10';
  assert.ok(reply.message.includes(`a: ${why}`), reply.message);
  const [watch] = await permit.watches({});
  assert.deepEqual(watch?.unfit?.[0], { node: 'a', why });
  assert.deepEqual(warned, [`a maxFinalityLagBlocks: ${why}`], 'told once');
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal(
    await ask(permit, 'a', { unit: '5' }),
    'granted:new',
    'no observer can stop a node that finalises',
  );
});

test('two processes of one name with different keys do not report for each other', async (context) => {
  const { permit } = await startAdopted(context, { readiness: READY });
  const other = `0x${'cd'.repeat(32)}`;
  const document = policyDocument({ key: other, readiness: READY });
  await permit.applyPolicy(document, 'test');
  const floors = Object.fromEntries(Object.keys(document.duties).map((name) => [name, null]));
  await permit.adopt({ chain: CHAIN, key: other, floors, confirmation: 'a new key' }, 'test');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await permit.reportReadiness({ ...FIT_REPORT, keys: [other], syncing: true }, 'a');
  assert.equal(await ask(permit, 'a'), 'granted:new');
  assert.equal(await ask(permit, 'a', { key: other }), 'denied:not-ready');
  const live = (await permit.watches({})).map((watch) => `${watch.key === KEY} ${watch.live}`).sort();
  assert.deepEqual(live, ['false false', 'true true']);
});

test('a standby is held until its delay has passed, and denied at once when the unit is taken', async (context) => {
  const clock = clockOf(context);
  const genesisMs = clock.nowMs() - 1_000_000;
  const ceilings = {
    genesisMs,
    slotMs: 1_000,
    allowedSkewMs: 5_000,
    roundStep: 16,
    blockStep: 16,
    sessionStep: 2,
    observers: ['watcher'],
  };
  const { permit } = await startAdopted(context, { ceilings, standbyDelayMs: 20_000, watchTtlMs: 60_000 });
  await permit.reportReadiness(FIT_REPORT, 'a');
  const slot = String(Math.floor((clock.nowMs() - genesisMs) / 1_000));
  const begunMs = clock.monotonicMs();
  const held = ask(permit, 'b', { unit: slot, digest: seal('02'), timeoutMs: 30_000 });
  assert.equal(await ask(permit, 'a', { unit: slot }), 'granted:new');
  assert.match(await held, /^denied:/);
  assert.ok(clock.monotonicMs() - begunMs < 50, 'it was woken by the grant');
});

test('a standby whose delay has passed is granted', async (context) => {
  const { permit } = await startAdopted(context, { standbyDelayMs: 100 });
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal(await ask(permit, 'b', { unit: '3' }), 'granted:new');
  // The slot that begins with the test; its delay has not passed yet.
  assert.ok(clockOf(context).nowMs() < START_MS + 100);
  assert.equal(await ask(permit, 'b', { unit: '3600' }), 'granted:new');
  assert.ok(clockOf(context).nowMs() >= START_MS + 100, 'it was held for its delay');
});

test('only the active node enters, under the present term', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 60_000 });
  await observeRound(permit, '1');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(await holder(permit), 'a/1/true');
  assert.equal(await ask(permit, 'b', { ...enter('0/1', '1'), timeoutMs: 2_500 }), 'denied:off-watch');
  assert.equal(await ask(permit, 'a', enter('0/1', '0')), 'denied:watch-moved');
  assert.equal(await ask(permit, 'a', enter('0/1', '2')), 'denied:watch-moved');
  assert.equal(await ask(permit, 'a', enter('0/1', '1')), 'granted:new');
  assert.equal(await ask(permit, 'a', enter('0/1', '1')), 'granted:repeat');
});

test('when the holder is gone a held enter takes the watch and goes in under the new term', async (context) => {
  const { permit, store } = await startAdopted(context);
  await observeRound(permit, '1');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await permit.reportReadiness(FIT_REPORT, 'b');
  const held = ask(permit, 'b', enter('0/1', '1'));
  await endPresence(store, 'a');
  assert.equal(await held, 'granted:new');
  assert.equal(await holder(permit), 'b/2/true');
});

test('a unit that was entered and never voted in goes to the next active node; a voted one does not', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 2_000 });
  await observeRound(permit, '1');
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal(await ask(permit, 'a', enter('0/1', '1')), 'granted:new');
  assert.equal(await ask(permit, 'a', enter('0/2', '1')), 'granted:new');
  assert.equal(await ask(permit, 'a', prevote('0/2')), 'granted:new');
  await until(context, async () => (await holder(permit)) === 'a/1/false', 'the presence of a to lapse');
  await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(await holder(permit), 'b/2/true');
  assert.equal(await ask(permit, 'b', enter('0/1', '2')), 'granted:new');
  assert.equal(await ask(permit, 'a', prevote('0/1')), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b', prevote('0/1', '02')), 'granted:new');
  assert.equal(await ask(permit, 'b', enter('0/2', '2')), 'denied:unit-taken');
  assert.equal(await ask(permit, 'b', { ...prevote('0/2', '03'), part: 'precommit' }), 'denied:unit-taken');
  assert.equal(await ask(permit, 'a', { ...prevote('0/2', '03'), part: 'precommit' }), 'granted:new');
});

test('a planned handover waits until the units of the old holder are done, and refuses an unfit node', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 60_000 });
  await observeRound(permit, '1');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await assert.rejects(permit.handOver(CHAIN, KEY, 'b'), { code: 'not-ready' });
  await assert.rejects(permit.handOver(CHAIN, KEY, 'c'), { code: 'not-listed' });
  await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(await ask(permit, 'a', enter('0/1', '1')), 'granted:new');
  let over = false;
  const handover = permit.handOver(CHAIN, KEY, 'b').then((watch) => {
    over = true;
    return watch;
  });
  assert.equal(await ask(permit, 'a', prevote('0/1')), 'granted:new');
  await clockOf(context).sleep(150);
  assert.equal(over, false, 'the round of the old holder is still open');
  assert.equal(await ask(permit, 'a', enter('0/2', '1')), 'denied:off-watch');
  assert.equal(await ask(permit, 'a', { ...prevote('0/1', '02'), part: 'precommit' }), 'granted:new');
  const watch = await handover;
  assert.equal(`${watch.holder}/${watch.term}`, 'b/2');
  assert.equal(await ask(permit, 'b', enter('0/2', '2')), 'granted:new');
  const noted = (await permit.standbys({})).find(({ node }) => node === 'b')?.lastHandover;
  assert.deepEqual([noted?.by, noted?.from, noted?.term], ['an operator', 'a', '2']);
});

test('a term is never used twice, also when the watch comes back', async (context) => {
  const { permit, store } = await startAdopted(context);
  const terms = new Set<string>();
  for (const node of ['a', 'b', 'a', 'b']) {
    const [watch] = await permit.reportReadiness(FIT_REPORT, node);
    terms.add(`${watch?.holder}/${watch?.term}`);
    await endPresence(store, node);
    await until(
      context,
      async () => (await holder(permit)).endsWith('false'),
      'the end of the presence to count',
    );
  }
  assert.deepEqual([...terms], ['a/1', 'b/2', 'a/3', 'b/4']);
});

test('a holder that is no longer listed gives up the watch, however alive it is for other keys', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 });
  const other = `0x${'cd'.repeat(32)}`;
  await permit.applyPolicy(policyDocument({ key: other, watchTtlMs: 20_000 }), 'test');
  await permit.adopt({ chain: CHAIN, key: other, floors: NEVER_SIGNED, confirmation: 'a new key' }, 'test');
  await observeRound(permit, '1');
  await permit.reportReadiness({ ...FIT_REPORT, keys: [KEY, other] }, 'a');
  await permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }], watchTtlMs: 20_000 }), 'test');
  const [watch] = await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(`${watch?.holder}/${watch?.term}`, 'b/2');
  assert.equal(await ask(permit, 'b', enter('0/1', '2')), 'granted:new');
});
