import assert from 'node:assert/strict';
import test from 'node:test';
import type { Permit } from '../../contract.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  claimOf,
  FIT_REPORT,
  fakeLog,
  KEY,
  policyDocument,
  put,
  startAdopted,
  vote,
} from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';

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

test('where the whole network finalises nothing no node is passed over; one that is behind others is', async (context) => {
  const { log, events } = fakeLog('warn');
  const { permit } = await startAdopted(context, { readiness: READY }, { parts: { log } });
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
  const warned = events.filter(({ event }) => event === 'not-fit');
  const unfit = { criterion: 'maxFinalityLagBlocks', detail: why };
  assert.deepEqual(warned, [{ event: 'not-fit', chain: CHAIN, key: KEY, node: 'a', ...unfit }], 'told once');
  await permit.reportReadiness(FIT_REPORT, 'a');
  assert.equal(
    await ask(permit, 'a', { unit: '5' }),
    'granted:new',
    'no observer stops a node that finalises',
  );
});

test('when the holder is gone a held enter takes the watch and goes in under the new term', async (context) => {
  const { permit, store } = await startAdopted(context);
  await observeRound(permit, '1');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await permit.reportReadiness(FIT_REPORT, 'b');
  const held = ask(permit, 'b', enter('0/1', '1'));
  // As when the lease of the node lapses.
  await put(store, `presence/${CHAIN}/${KEY}/a`, null);
  assert.equal(await held, 'granted:new');
  assert.equal(await holder(permit), 'b/2/true');
});

test('a planned handover waits until the units of the old holder are done, and refuses an unfit node', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 60_000 });
  await observeRound(permit, '1');
  await permit.reportReadiness(FIT_REPORT, 'a');
  await assert.rejects(permit.handOver(CHAIN, KEY, 'b'), { code: 'not-ready' });
  await assert.rejects(permit.handOver(CHAIN, KEY, 'c'), { code: 'not-listed' });
  await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(await ask(permit, 'a', enter('0/1', '1')), 'granted:new');
  let isOver = false;
  const handover = permit.handOver(CHAIN, KEY, 'b').finally(() => {
    isOver = true;
  });
  assert.equal(await ask(permit, 'a', prevote('0/1')), 'granted:new');
  await clockOf(context).sleep(150);
  assert.equal(isOver, false, 'the round of the old holder is still open');
  assert.equal(await ask(permit, 'a', enter('0/2', '1')), 'denied:off-watch');
  assert.equal(await ask(permit, 'a', { ...prevote('0/1', '02'), part: 'precommit' }), 'granted:new');
  const watch = await handover;
  assert.equal(`${watch.holder}/${watch.term}`, 'b/2');
  assert.equal(await ask(permit, 'b', enter('0/2', '2')), 'granted:new');
  const noted = (await permit.standbys({})).find(({ node }) => node === 'b')?.lastHandover;
  assert.deepEqual([noted?.by, noted?.from, noted?.term], ['an operator', 'a', '2']);
});

test('a holder that is no longer listed gives up the watch, however alive it is for other keys', async (context) => {
  const { permit } = await startAdopted(context, { watchTtlMs: 20_000 });
  const other = `0x${'cd'.repeat(32)}`;
  await adoptOther(permit, ['a', 'b'], other);
  await observeRound(permit, '1');
  await permit.reportReadiness({ ...FIT_REPORT, keys: [KEY, other] }, 'a');
  await permit.applyPolicy(policyDocument({ roster: [{ name: 'b', rank: 0 }], watchTtlMs: 20_000 }), 'test');
  const [watch] = await permit.reportReadiness(FIT_REPORT, 'b');
  assert.equal(`${watch?.holder}/${watch?.term}`, 'b/2');
  assert.equal(await ask(permit, 'b', enter('0/1', '2')), 'granted:new');
});
