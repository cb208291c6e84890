// The telemetry memory of a programme outlives its processes: the world as the service opens it, a database
// in a file, the local telemetry server, recorded nodes. The clock of the programme is moved forward, so that
// no test waits for hours.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type TelemetryHarness, telemetryHarness } from '@watchbill/nominate/testing';
import { waitFor } from '@watchbill/testkit';
import { play, RECORDED, RECORDED_GENESIS, renamed, server, TIMEOUT } from './telemetry-setup.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NAMES = ['one', 'two'];
const ONE = renamed(RECORDED.alice, 'one', 'id of one');
const TWO = renamed(RECORDED.alice, 'two', 'id of two');
/** The delay between a message of the feed and its note. */
const SLACK_MS = 2 * MINUTE_MS;

/** A database in a file, and processes on it that share a clock. */
function ground(context: TestContext) {
  const folder = temporaryFolder(context);
  let aheadMs = 0;
  const nowMs = (): number => Date.now() + aheadMs;
  const open = async (feed: { readonly feedUrl: string }): Promise<TelemetryHarness> =>
    telemetryHarness({
      ...{ file: join(folder, 'programme.db'), genesisHash: RECORDED_GENESIS },
      ...{ feedUrl: feed.feedUrl, names: NAMES, nowMs },
    });
  const pass = (ms: number): void => {
    aheadMs += ms;
  };
  return { open, pass, nowMs };
}

const listed = (harness: TelemetryHarness, count: number) =>
  waitFor(`${count} nodes`, () => harness.report().sources[0]?.nodes === count, TIMEOUT);

async function remembered(harness: TelemetryHarness, at = 0) {
  const memory = (await harness.memory()) ?? assert.fail('nothing is remembered');
  const person = memory.people.find(({ key }) => key === harness.keys[at]);
  assert.ok(person !== undefined, 'the candidate is remembered');
  const awayMs = person.absences.map(({ fromMs, toMs }) => toMs - fromMs);
  const [body] = person.bodies;
  return { memory, awayMs, firstSeenMs: body?.firstSeenMs, onlineSinceMs: person.onlineSinceMs };
}

/** The first candidate was away for nine hours, the second never. */
async function nineHoursAway(context: TestContext, made: ReturnType<typeof ground>) {
  const feed = await server(context);
  const harness = await made.open(feed);
  await harness.run('candidates', 'telemetry');
  const one = await play(context, feed.submitUrl, ONE);
  const two = await play(context, feed.submitUrl, TWO);
  await listed(harness, 2);
  made.pass(2 * MINUTE_MS);
  await harness.run('telemetry');
  one.kill();
  await listed(harness, 1);
  made.pass(9 * HOUR_MS);
  await harness.run('telemetry');
  const again = await play(context, feed.submitUrl, ONE);
  await listed(harness, 2);
  made.pass(MINUTE_MS);
  await harness.run('telemetry');
  return { feed, harness, nodes: [again, two] };
}

test('a restart of the programme forgets nothing of telemetry, and its silence is charged to nobody', async (context) => {
  const made = ground(context);
  const { feed, harness, nodes } = await nineHoursAway(context, made);
  const before = await remembered(harness);
  assert.equal(before.awayMs.length, 1);
  assert.ok(Math.abs((before.awayMs[0] ?? 0) - 9 * HOUR_MS) < SLACK_MS);
  await harness.close();
  const { port } = feed;
  for (const node of nodes) node.kill();
  await feed.close();
  made.pass(5 * HOUR_MS);

  // The server of telemetry was restarted as well, and the nodes are back before it is believed again.
  const feedAgain = await server(context, { port });
  const later = await made.open(feedAgain);
  context.after(() => later.close());
  await play(context, feedAgain.submitUrl, ONE);
  await play(context, feedAgain.submitUrl, TWO);
  await listed(later, 2);
  await later.run('candidates', 'telemetry');
  made.pass(2 * MINUTE_MS);
  await later.run('telemetry');
  const after = await remembered(later);
  assert.deepEqual(
    [after.awayMs, after.firstSeenMs, after.onlineSinceMs],
    [before.awayMs, before.firstSeenMs, before.onlineSinceMs],
  );
  assert.equal(after.memory.watchedSinceMs, before.memory.watchedSinceMs);
  assert.deepEqual((await remembered(later, 1)).awayMs, []);
  const silence = after.memory.outages.find(({ toMs, fromMs }) => toMs - fromMs > 5 * HOUR_MS);
  assert.ok(silence !== undefined && silence.fromMs >= before.memory.savedAtMs, 'the silence is an outage');
  await later.run('snapshot', 'history', 'standings');
  const row = await later.store.standings.get(later.keys[0] ?? '');
  const away = row?.results.find(({ id }) => id === 'accumulated-offline-time');
  assert.match(away?.message ?? '', /offline for 9 h/);
});

test('a process that was just started leaves what was told before it, until it hears or the word is old', async (context) => {
  const made = ground(context);
  const { feed, harness } = await nineHoursAway(context, made);
  const told = await harness.note();
  await harness.close();
  const later = await made.open(feed);
  context.after(() => later.close());
  await listed(later, 2);
  await later.run('telemetry');
  assert.equal((await later.note())?.atMs, told?.atMs, 'it is not believed yet');
  made.pass(2 * MINUTE_MS);
  await later.run('telemetry');
  assert.notEqual((await later.note())?.atMs, told?.atMs);
});

test('two processes that take the job in turn remember what one alone would', async (context) => {
  const made = ground(context);
  const feed = await server(context);
  const a = await made.open(feed);
  context.after(() => a.close());
  await a.run('candidates', 'telemetry');
  const b = await made.open(feed);
  context.after(() => b.close());
  const both = async (count: number) => {
    await listed(a, count);
    await listed(b, count);
  };
  const one = await play(context, feed.submitUrl, ONE);
  await play(context, feed.submitUrl, TWO);
  await both(2);
  made.pass(2 * MINUTE_MS);
  await a.run('telemetry');
  const { firstSeenMs } = await remembered(a);
  one.kill();
  await both(1);
  for (let hour = 0; hour < 9; hour += 1) {
    made.pass(HOUR_MS);
    await (hour % 2 === 0 ? b : a).run('telemetry');
  }
  await play(context, feed.submitUrl, ONE);
  await both(2);
  made.pass(5 * MINUTE_MS);
  await b.run('telemetry');
  const first = await remembered(b);
  assert.equal(first.awayMs.length, 1, 'one absence, whoever noted it');
  assert.ok(Math.abs((first.awayMs[0] ?? 0) - 9 * HOUR_MS) < SLACK_MS);
  for (const harness of [a, b, a]) {
    made.pass(5 * MINUTE_MS);
    await harness.run('telemetry');
    const { awayMs, onlineSinceMs, memory } = await remembered(harness);
    assert.deepEqual([awayMs, onlineSinceMs], [first.awayMs, first.onlineSinceMs]);
    assert.deepEqual(memory.outages, first.memory.outages);
    assert.equal((await remembered(harness)).firstSeenMs, firstSeenMs);
  }
  // A third one comes: it has heard for two minutes, and knows all that the others do.
  const c = await made.open(feed);
  context.after(() => c.close());
  await listed(c, 2);
  made.pass(2 * MINUTE_MS);
  await c.run('telemetry');
  const third = await remembered(c);
  assert.deepEqual([third.awayMs, third.firstSeenMs], [first.awayMs, firstSeenMs]);
});
