import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type Clock, systemClock } from '@watchbill/store';
import type { Head } from '../contract.ts';
import type { Log } from '../ports.ts';
import {
  ask,
  CHAIN,
  claimOf,
  fakePeers,
  KEY,
  memoryStore,
  NEVER_SIGNED,
  policyDocument,
  type Service,
  seal,
  startAdopted,
  startPair,
  startService,
  until,
  untilServing,
  vote,
} from './fixture.ts';
import { INTERVAL_MS } from './suspicion.ts';

interface Event {
  readonly level: keyof Log;
  readonly event: unknown;
  readonly text: string;
}

function fakeLog(): Log & { readonly events: Event[]; of(event: string): readonly Event[] } {
  const events: Event[] = [];
  const at = (level: keyof Log) => (fields: Record<string, unknown>) =>
    void events.push({ level, event: fields.event, text: JSON.stringify(fields) });
  return {
    events,
    of: (event) => events.filter((one) => one.event === event),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

const OTHER_KEY = `0x${'cd'.repeat(32)}`;
const THIRD_KEY = `0x${'ef'.repeat(32)}`;

async function adoptOther(
  { permit }: Pick<Service, 'permit'>,
  names: string[],
  key = OTHER_KEY,
): Promise<void> {
  const roster = names.map((name, rank) => ({ name, rank }));
  const document = policyDocument({ key, roster, standbyDelayMs: 0 });
  await permit.applyPolicy(document, 'test');
  const floors = Object.fromEntries(Object.keys(document.duties).map((name) => [name, null]));
  await permit.adopt({ chain: document.chain, key, floors, confirmation: 'a new key' }, 'test');
}

const AHEAD: Head = { epoch: '', seq: '999999', hash: '0'.repeat(64) };

/** Two services with one key; the log of the first is kept, the second can be taken away. */
async function pair(context: TestContext) {
  const log = fakeLog();
  const system = systemClock();
  const { promise: interval, resolve: endInterval } = Promise.withResolvers<void>();
  const sleep: Clock['sleep'] = (ms, signal) =>
    ms === INTERVAL_MS
      ? Promise.race([interval.then(() => system.sleep(5)), system.sleep(ms, signal)])
      : system.sleep(ms, signal);
  const { inner, peers, first, second } = await startPair(
    context,
    { standbyDelayMs: 0 },
    { first: { clock: { ...system, sleep }, parts: { log } } },
  );
  const { epoch } = await first.permit.health();
  assert.ok(epoch);
  return { log, inner, peers, first, second, endInterval, ahead: { ...AHEAD, epoch } };
}

/** The second service grants a slot; what the node is told with it. */
const told = async ({ second }: Awaited<ReturnType<typeof pair>>, unit: string): Promise<Head> => {
  const { head } = await second.permit.claim(claimOf({ unit }), { node: 'a' });
  assert.ok(head);
  return head;
};

test('a word that cannot be compared with every service holds every key, until it was', async (context) => {
  const parts = await pair(context);
  const { log, peers, first, second, ahead, endInterval } = parts;
  await adoptOther(first, ['c', 'd']);
  const other = { key: OTHER_KEY, unit: '2', digest: seal('02') };
  peers.reachable.delete('second');
  const askedBefore = peers.asked.get('second') ?? 0;
  for (let unit = 1; unit <= 40; unit += 2) {
    const lie = { unit: String(unit), atLeast: { ...ahead, seq: String(999_999 + unit) } };
    assert.equal(await ask(first.permit, 'a', lie), 'denied:store-behind');
    assert.equal(await ask(first.permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
    assert.equal(await ask(first.permit, 'c', other), 'denied:store-behind');
  }
  const part = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;
  assert.equal(await ask(first.permit, 'b', part), 'unknown:session-checking');
  const { ready, detail, service } = await first.permit.health();
  assert.equal(ready, false);
  for (const said of [
    'node a',
    'second',
    'does not answer',
    'adopt',
    `service vouch ${service}`,
    'state file',
  ])
    assert.ok(detail.includes(said), `${said}: ${detail}`);
  assert.equal(log.of('store-behind').length, 1, 'one alarm in a while, however often it is said');
  assert.match(log.of('store-compared')[0]?.text ?? '', /second.*does not answer/);
  assert.equal((peers.asked.get('second') ?? 0) - askedBefore, 1);
  await until(async () => (await second.permit.health()).ready === false, 'the other service to hold it too');
  assert.equal(await ask(second.permit, 'c', other), 'denied:store-behind');
  peers.reachable.set('second', parts.second.permit);
  endInterval();
  await until(async () => (await ask(first.permit, 'c', other)) === 'granted:new', 'the keys to go on');
  await until(async () => (await second.permit.health()).ready, 'the other service to go on');
});

test('while the services are compared a word holds the keys that list its node', async (context) => {
  const { first, ahead, endInterval } = await pair(context);
  await adoptOther(first, ['c', 'd']);
  await adoptOther(first, ['a', 'c'], THIRD_KEY);
  await ask(first.permit, 'a', { atLeast: ahead });
  await until(
    async () => (await ask(first.permit, 'b', { unit: '2' })) === 'granted:new',
    'the key to go on',
  );
  // Looked at in the next interval.
  const again = { atLeast: { ...ahead, seq: '1000000' } };
  assert.equal(await ask(first.permit, 'a', again), 'denied:store-behind');
  assert.equal(await ask(first.permit, 'c', { key: THIRD_KEY }), 'denied:store-behind');
  assert.equal(await ask(first.permit, 'b', { unit: '3' }), 'denied:store-behind');
  assert.equal(await ask(first.permit, 'c', { key: OTHER_KEY }), 'granted:new');
  assert.equal((await first.permit.health()).ready, true);
  endInterval();
  await until(
    async () => (await ask(first.permit, 'b', { unit: '3' })) === 'granted:new',
    'the key to go on',
  );
  assert.equal(await ask(first.permit, 'a', again), 'denied:store-behind', 'refuted, it holds itself alone');
  assert.equal(await ask(first.permit, 'b', { unit: '4' }), 'granted:new');
});

/** A service alone whose store and memory went back, as a restored backup does: `a` was told of slot 2 and the other key. */
async function restored(context: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'watchbill-core-'));
  const later = await mkdtemp(join(tmpdir(), 'watchbill-core-'));
  context.after(() => Promise.all([dir, later].map((one) => rm(one, { recursive: true, force: true }))));
  const store = memoryStore();
  const document = { standbyDelayMs: 0 };
  const first = await startAdopted(context, document, { store, dir });
  await adoptOther(first, ['a', 'b']);
  assert.equal(await ask(first.permit, 'a', { unit: '1' }), 'granted:new');
  await first.stop();
  await cp(dir, later, { recursive: true });
  const before = store.snapshot();
  const between = await startService(context, { store, dir });
  await untilServing(between.permit);
  const { head } = await between.permit.claim(claimOf({ unit: '2' }), { node: 'a' });
  assert.ok(head);
  assert.equal(await ask(between.permit, 'a', { key: OTHER_KEY, unit: '2' }), 'granted:new');
  await between.stop();
  store.restore(before);
  const service = await startService(context, { store, dir: later });
  await untilServing(service.permit);
  assert.equal(await ask(service.permit, 'a', { unit: '2', atLeast: head }), 'denied:store-behind');
  const refused = async () => {
    const twin = { unit: '2', digest: seal('02') };
    const keys = [{}, { key: OTHER_KEY }];
    for (const key of keys)
      assert.equal(await ask(service.permit, 'b', { ...twin, ...key }), 'denied:store-behind');
  };
  await refused();
  await until(async () => !(await service.permit.health()).ready, 'it to say so');
  await refused();
  return { store, dir: later, service, head };
}

test('a service restored with its store grants no unit again: a word holds every key while nobody else remembers', async (context) => {
  const { store, dir, service } = await restored(context);
  assert.equal((await service.permit.health()).state, 'behind');
  // What joins now learns from the store that is in doubt, so nobody vouches for it.
  const late = await startService(context, { store, options: { url: 'late' } });
  await until(async () => (await late.permit.health()).state === 'joining', 'the new service to wait');
  // The other one looks at the store, and at who joins, every 200 ms.
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal((await late.permit.health()).state, 'joining');
  await service.stop();
  const again = await startService(context, { store, dir });
  await until(
    async () => (await again.permit.health()).detail.includes('service vouch'),
    'it to be held still',
  );
  assert.equal(await ask(again.permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
});

test('an operator ends it with one command, and the same start of the node holds nothing more', async (context) => {
  const { service, head } = await restored(context);
  const { permit } = service;
  await permit.vouch((await permit.health()).service, 'the node is wrong', 'operator');
  assert.equal((await permit.health()).ready, true);
  const heartbeats = { duty: 'im-online', unit: '1', part: 'heartbeat', digest: null } as const;
  for (const lie of [{}, { seq: '77' }])
    assert.equal(await ask(permit, 'a', { unit: '3', atLeast: { ...head, ...lie } }), 'denied:store-behind');
  assert.equal(await ask(permit, 'a', { ...heartbeats, atLeast: head }), 'denied:store-behind');
  assert.equal(await ask(permit, 'b', { unit: '3' }), 'granted:new');
  // A new start that still says so is heard again.
  const start = { incarnation: 'f'.repeat(32), atLeast: head, unit: '4' };
  assert.equal(await ask(permit, 'a', { ...start, atLeast: { ...head, seq: '99' } }), 'denied:store-behind');
  assert.equal(await ask(permit, 'b', { unit: '4' }), 'denied:store-behind');
});

test('a key that is adopted again goes on, the others stay held', async (context) => {
  const { service } = await restored(context);
  const { permit } = service;
  const floors = { ...NEVER_SIGNED, babe: '2' };
  const adopt = (key: string) =>
    permit.adopt({ chain: CHAIN, key, floors, confirmation: 'every signer is stopped' }, 'operator');
  await adopt(OTHER_KEY);
  assert.equal(
    await ask(permit, 'b', { key: OTHER_KEY, unit: '2', digest: seal('02') }),
    'denied:below-floor',
  );
  assert.equal(await ask(permit, 'b', { key: OTHER_KEY, unit: '3' }), 'granted:new');
  assert.equal(await ask(permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
  assert.equal((await permit.health()).ready, false);
  await adopt(KEY);
  assert.equal((await permit.health()).ready, true);
  assert.equal(await ask(permit, 'b', { unit: '3' }), 'granted:new');
});

test('a service that was vouched for after a restore is no witness of what was before', async (context) => {
  const dir = await mkdtemp(join(tmpdir(), 'watchbill-core-'));
  context.after(() => rm(dir, { recursive: true, force: true }));
  const store = memoryStore();
  const peers = fakePeers();
  const one = { store, dir, parts: { peers }, options: { url: 'one' } };
  const first = await startAdopted(context, { standbyDelayMs: 0 }, one);
  const { head } = await first.permit.claim(claimOf(), { node: 'a' });
  assert.ok(head);
  await first.stop();
  const { permit } = await startService(context, one);
  await untilServing(permit);
  peers.reachable.set('one', permit);
  const late = await startService(context, {
    store,
    parts: { peers },
    options: { url: 'late', name: 'late' },
  });
  peers.reachable.set('late', late.permit);
  await untilServing(late.permit);
  assert.equal(await ask(permit, 'a', { atLeast: { ...head, seq: '9' } }), 'denied:store-behind');
  await until(async () => (await permit.health()).detail.includes('no other service'), 'the word to hold');
  assert.equal(await ask(permit, 'b', { unit: '2' }), 'denied:store-behind');
});

test('alone over a store that was set back: the word of a node makes a service look at all that it remembers', async (context) => {
  const parts = await pair(context);
  const { inner, peers, first } = parts;
  const before = inner.snapshot();
  const heartbeat = { duty: 'im-online', unit: '1', part: 'heartbeat', digest: null } as const;
  await first.permit.observe({ chain: claimOf().chain, session: '1' }, 'watcher');
  assert.equal(await ask(first.permit, 'a', heartbeat), 'granted:new');
  const head = await told(parts, '1');
  peers.reachable.delete('second');
  inner.restore(before);
  // Of the slots it remembers nothing that the store lacks; of the heartbeats it does.
  const witness = ask(first.permit, 'a', { unit: '2', atLeast: head });
  assert.equal(await witness, 'denied:store-behind');
  assert.equal(await ask(first.permit, 'b', { unit: '1', digest: seal('02') }), 'denied:store-behind');
  assert.equal((await first.permit.health()).state, 'behind');
  assert.equal(await ask(first.permit, 'b', { unit: '3', digest: seal('02') }), 'denied:store-behind');
  const part = { duty: 'grandpa', unit: '0/1', part: 'prevote', digest: vote('01') } as const;
  assert.equal(await ask(first.permit, 'b', part), 'unknown:session-checking');
});

test('a store that was set back is found by what another service remembers, and nothing is granted meanwhile', async (context) => {
  const parts = await pair(context);
  const { inner, first } = parts;
  const before = inner.snapshot();
  const head = await told(parts, '1');
  inner.restore(before);
  assert.equal(await ask(first.permit, 'a', { unit: '2', atLeast: head }), 'denied:store-behind');
  assert.equal(await ask(first.permit, 'b', { unit: '1', digest: seal('02') }), 'denied:store-behind');
  assert.equal((await first.permit.health()).state, 'behind');
});

test('what is said between two comparisons is looked at in the next', async (context) => {
  const parts = await pair(context);
  const { log, first, inner, ahead, endInterval } = parts;
  assert.equal(await ask(first.permit, 'a', { atLeast: ahead }), 'denied:store-behind');
  await until(() => log.of('store-compared').length > 0, 'the comparison to end');
  const before = inner.snapshot();
  const head = await told(parts, '3');
  inner.restore(before);
  assert.equal(await ask(first.permit, 'a', { unit: '4', atLeast: head }), 'denied:store-behind');
  assert.equal((await first.permit.health()).state, 'serving');
  endInterval();
  await until(async () => (await first.permit.health()).state === 'behind', 'the next comparison');
});

test('a comparison that failed is made again', async (context) => {
  const parts = await pair(context);
  const { log, first, inner, ahead, endInterval } = parts;
  const { list } = inner;
  inner.list = () => Promise.reject(new Error('no list'));
  assert.equal(await ask(first.permit, 'a', { atLeast: ahead }), 'denied:store-behind');
  await until(() => log.of('store-uncompared').length > 0, 'the comparison to fail');
  inner.list = list;
  assert.equal(await ask(first.permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
  const before = inner.snapshot();
  await told(parts, '3');
  inner.restore(before);
  endInterval();
  await until(async () => (await first.permit.health()).state === 'behind', 'the next comparison');
});

test('the word of a node makes a service look at the epoch of the store too', async (context) => {
  const { first, inner, ahead } = await pair(context);
  const epoch = Buffer.from('{"epoch":"another","v":1}');
  await inner.transact([{ compares: [], writes: [{ key: 'epoch', value: epoch }] }]);
  assert.equal(await ask(first.permit, 'a', { atLeast: ahead }), 'denied:store-behind');
  await until(async () => (await first.permit.health()).state === 'behind', 'the comparison to end');
});
