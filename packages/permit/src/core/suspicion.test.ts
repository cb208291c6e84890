import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Head } from '../contract.ts';
import type { Log } from '../ports.ts';
import { adoptOther, ask, claimOf, seal, startPair, vote } from './fixture.ts';
import { clockOf, until } from './fixture-world.ts';

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

const AHEAD: Head = { epoch: '', seq: '999999', hash: '0'.repeat(64) };

/** Two services with one key; the log of the first is kept, the second can be taken away. */
async function pair(context: TestContext) {
  const log = fakeLog();
  const { inner, peers, first, second } = await startPair(
    context,
    { standbyDelayMs: 0 },
    { first: { parts: { log } } },
  );
  const { epoch } = await first.permit.health();
  assert.ok(epoch);
  return { log, inner, peers, first, second, ahead: { ...AHEAD, epoch } };
}

/** The second service grants a slot; what the node is told with it. */
const told = async ({ second }: Awaited<ReturnType<typeof pair>>, unit: string): Promise<Head> => {
  const { head } = await second.permit.claim(claimOf({ unit }), { node: 'a' });
  assert.ok(head);
  return head;
};

test('a word that cannot be compared with every service holds every key, until it was', async (context) => {
  const parts = await pair(context);
  const { log, peers, first, second, ahead } = parts;
  await adoptOther(first.permit, ['c', 'd'], OTHER_KEY);
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
  await until(
    context,
    async () => (await second.permit.health()).ready === false,
    'the other service to hold it too',
  );
  assert.equal(await ask(second.permit, 'c', other), 'denied:store-behind');
  peers.reachable.set('second', parts.second.permit);
  await until(
    context,
    async () => (await ask(first.permit, 'c', other)) === 'granted:new',
    'the keys to go on',
  );
  await until(context, async () => (await second.permit.health()).ready, 'the other service to go on');
});

test('while the services are compared a word holds the keys that list its node', async (context) => {
  const { first, ahead } = await pair(context);
  await adoptOther(first.permit, ['c', 'd'], OTHER_KEY);
  await adoptOther(first.permit, ['a', 'c'], THIRD_KEY);
  await ask(first.permit, 'a', { atLeast: ahead });
  await until(
    context,
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
  await until(
    context,
    async () => (await ask(first.permit, 'b', { unit: '3' })) === 'granted:new',
    'the key to go on',
  );
  assert.equal(await ask(first.permit, 'a', again), 'denied:store-behind', 'refuted, it holds itself alone');
  assert.equal(await ask(first.permit, 'b', { unit: '4' }), 'granted:new');
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

test('a claim for any key waits for the comparison that is under way', async (context) => {
  const parts = await pair(context);
  const { inner, peers, first } = parts;
  await adoptOther(first.permit, ['c', 'd'], OTHER_KEY);
  const before = inner.snapshot();
  const head = await told(parts, '1');
  inner.restore(before);
  const { memory } = peers;
  const clock = clockOf(context);
  const slow = (...question: Parameters<typeof memory>) => clock.sleep(500).then(() => memory(...question));
  Object.assign(peers, { memory: slow });
  const witness = ask(first.permit, 'a', { unit: '2', atLeast: head });
  await clock.sleep(100);
  assert.equal(await ask(first.permit, 'c', { key: OTHER_KEY }), 'denied:store-behind');
  assert.equal(await witness, 'denied:store-behind');
});

test('what is said between two comparisons is looked at in the next', async (context) => {
  const parts = await pair(context);
  const { log, first, inner, ahead } = parts;
  assert.equal(await ask(first.permit, 'a', { atLeast: ahead }), 'denied:store-behind');
  await until(context, () => log.of('store-compared').length > 0, 'the comparison to end');
  const before = inner.snapshot();
  const head = await told(parts, '3');
  inner.restore(before);
  assert.equal(await ask(first.permit, 'a', { unit: '4', atLeast: head }), 'denied:store-behind');
  assert.equal((await first.permit.health()).state, 'serving');
  await until(context, async () => (await first.permit.health()).state === 'behind', 'the next comparison');
});

test('a comparison that failed is made again', async (context) => {
  const parts = await pair(context);
  const { log, first, inner, ahead } = parts;
  const { list } = inner;
  inner.list = () => Promise.reject(new Error('no list'));
  assert.equal(await ask(first.permit, 'a', { atLeast: ahead }), 'denied:store-behind');
  await until(context, () => log.of('store-uncompared').length > 0, 'the comparison to fail');
  inner.list = list;
  assert.equal(await ask(first.permit, 'b', { unit: '2', digest: seal('02') }), 'denied:store-behind');
  const before = inner.snapshot();
  await told(parts, '3');
  inner.restore(before);
  await until(context, async () => (await first.permit.health()).state === 'behind', 'the next comparison');
});

test('the word of a node makes a service look at the epoch of the store too', async (context) => {
  const { first, inner, ahead } = await pair(context);
  const epoch = Buffer.from('{"epoch":"another","v":1}');
  await inner.transact([{ compares: [], writes: [{ key: 'epoch', value: epoch }] }]);
  assert.equal(await ask(first.permit, 'a', { atLeast: ahead }), 'denied:store-behind');
  await until(context, async () => (await first.permit.health()).state === 'behind', 'the comparison to end');
});
