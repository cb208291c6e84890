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

/** The store's event when the lease of a node lapses. */
async function endPresence(store: Store, node: string): Promise<void> {
  await store.transact([
    { compares: [], writes: [{ key: `presence/${CHAIN}/${KEY}/${node}`, value: null }] },
  ]);
}

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
