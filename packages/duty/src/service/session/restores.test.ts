import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { DUTIES, decodeHead, entryHash } from '../../rule/index.ts';
import type { MemoryStore } from '../../store/testing/memory-store.ts';
import type { Permit } from '../contract.ts';
import { copyOf } from '../testing/fake-ledger.ts';
import {
  adoptOther,
  ask,
  CHAIN,
  claimOf,
  KEY,
  memoryStore,
  SESSION_TTL_MS,
  seal,
  startAdopted,
  startPair,
  startService,
  startServing,
  textAt,
  untilState,
  vote,
} from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';

/**
 * The state after a store was restored together with the memory of its services, if the policy waives the
 * base: only the word of a node can show it.
 */

const OTHER_KEY = `0x${'cd'.repeat(32)}`;
const twin = { unit: '2', digest: seal('02') };

/**
 * A service alone whose store and memory went back, as a restored backup does: `a` holds a word about slot 2.
 */
async function restored(context: TestContext) {
  const store = memoryStore(context);
  const first = await startAdopted(context, { standbyDelayMs: 0 }, { store });
  await adoptOther(first.permit, ['a', 'b'], OTHER_KEY);
  assert.equal(await ask(first.permit, 'a', { unit: '1' }), 'granted:new');
  await first.stop();
  const backup = copyOf(first.disk);
  const before = store.snapshot();
  const between = await startServing(context, { store, disk: first.disk });
  const { word } = await between.permit.claim(claimOf({ unit: '2' }), { node: 'a' });
  assert.ok(word);
  await between.stop();
  store.restore(before);
  const service = await startServing(context, { store, disk: backup });
  return { store, service, word };
}

async function refusesAll(permit: Permit): Promise<void> {
  for (const key of [{}, { key: OTHER_KEY }])
    assert.equal(await ask(permit, 'b', { ...twin, ...key }), 'denied:store-behind');
}

test('a word that the store does not explain holds every key, and outlives a restart', async (context) => {
  const { store, service, word } = await restored(context);
  assert.equal(await ask(service.permit, 'a', { unit: '2', word }), 'denied:store-behind');
  await refusesAll(service.permit);
  assert.equal((await service.permit.health()).state, 'behind');
  // A service that joins now learns from the store that is in doubt, so it is not approved.
  const late = await startService(context, { store, options: { url: 'late' } });
  await untilState(context, late.permit, 'joining');
  await clockOf(context).sleep(SESSION_TTL_MS);
  assert.equal((await late.permit.health()).state, 'joining');
  await late.stop();
  await service.stop();
  const again = await startService(context, { store, disk: service.disk });
  await untilState(context, again.permit, 'behind');
  await refusesAll(again.permit);
});

test('a forged word refuses its own claim and holds nothing', async (context) => {
  const { service, word } = await restored(context);
  const { permit } = service;
  const forged = `${word.slice(0, -4)}0000`;
  const of = word.split('.');
  const elsewhere = [of[0], 'f'.repeat(32), ...of.slice(2)].join('.');
  for (const bad of [forged, elsewhere])
    assert.equal(await ask(permit, 'a', { unit: '2', word: bad }), 'denied:word-refused');
  assert.equal(
    await ask(permit, 'a', { key: OTHER_KEY, unit: '2', word }),
    'denied:word-refused',
    'of another mark',
  );
  await assert.rejects(ask(permit, 'a', { unit: '2', word: word.slice(0, 40) }), { code: 'malformed' });
  assert.equal((await permit.health()).ready, true);
  assert.equal(await ask(permit, 'b', { unit: '3' }), 'granted:new');
});

test('a word that another node sends counts as much: it is what the ledger granted', async (context) => {
  const { service, word } = await restored(context);
  assert.equal(await ask(service.permit, 'b', { ...twin, word }), 'denied:store-behind');
  await refusesAll(service.permit);
  const [report, ...others] = await service.permit.rollbackReports();
  assert.deepEqual([report?.node, report?.point?.unit, others], ['b', '2', []]);
});

const prevote = (round: number, byte: string) =>
  ({ duty: 'grandpa', unit: `0/${round}`, part: 'prevote', digest: vote(byte) }) as const;

/** Two services whose sessions survive a restore: it takes the store back to less than one renewal ago. */
async function survived(context: TestContext) {
  const pair = await startPair(context, { standbyDelayMs: 0 });
  await pair.first.permit.observe({ chain: CHAIN, setId: '0', round: '9' }, 'watcher');
  const before = pair.inner.snapshot();
  assert.equal(await ask(pair.first.permit, 'a', prevote(10, '0a')), 'granted:new');
  pair.inner.restore(before);
  await pair.second.permit.observe({ chain: CHAIN, setId: '0', round: '9' }, 'watcher');
  return pair;
}

test('a service denies once its own ledger holds what the store lost, however far the store went on', async (context) => {
  const { first, second } = await survived(context);
  for (const round of [11, 12, 13])
    assert.equal(await ask(second.permit, 'b', prevote(round, '0b')), 'granted:new');
  assert.equal(await ask(first.permit, 'b', prevote(14, '0b')), 'unknown:session-checking');
  assert.equal((await first.permit.health()).state, 'behind');
  assert.equal(await ask(first.permit, 'b', prevote(10, '0b')), 'unknown:session-checking');
});

/** The ledger of the first service has a grant of this round that a restore took out of the store. */
async function lost(context: TestContext, round: bigint) {
  const { inner, first, second } = await startPair(context, { standbyDelayMs: 0 });
  for (const { permit } of [first, second])
    await permit.observe({ chain: CHAIN, setId: '0', round: '9' }, 'watcher');
  // The first service learns entry 3 and writes entry 4, so entry 2 is missing in its ledger.
  for (const round of [11, 12])
    assert.equal(await ask(second.permit, 'b', prevote(round, '0b')), 'granted:new');
  assert.equal(await ask(first.permit, 'b', prevote(13, '0b')), 'granted:new');
  const last = await lastEntry(inner, 'grandpa');
  const entry = { ...last, seq: 2n, unit: [0n, round], digest: '0a'.repeat(40), nonce: 'lost' };
  await first.ledger.append([{ entry, hash: entryHash(entry), decision: null }]);
  return { first, second };
}

test('a part in the own ledger is not granted again, although the store explains the newest entry', async (context) => {
  const { first, second } = await lost(context, 14n);
  assert.equal(await ask(first.permit, 'b', prevote(14, '0b')), 'unknown:session-checking');
  assert.match((await first.permit.health()).detail, /attempt lost/);
  // The first service compares memories at once; that drops the claims that the second has under way.
  await clockOf(context).sleep(10);
  assert.equal(await ask(second.permit, 'b', prevote(15, '0b')), 'granted:new', 'the other service goes on');
});

test('a part is not repeated against the own ledger, although the store holds it with that digest', async (context) => {
  const { first, second } = await lost(context, 11n);
  assert.equal(await ask(second.permit, 'b', prevote(11, '0b')), 'granted:repeat');
  assert.equal(await ask(first.permit, 'b', prevote(11, '0b')), 'unknown:session-checking');
  assert.match((await first.permit.health()).detail, /attempt lost/);
});

async function lastEntry(store: MemoryStore, name: string) {
  const duty = DUTIES.find((one) => one.name === name);
  assert.ok(duty);
  return decodeHead(await textAt(store, `mark/${CHAIN}/${KEY}/${name}`), duty).last;
}
