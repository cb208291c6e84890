import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { HOUR_MS } from '../testing/records.ts';

const harness = harnessOfEachTest();
beforeEach(() => harness.run('candidates', 'releases'));

async function tick(): Promise<string> {
  await harness.clock.advance(300_000);
  await harness.run('snapshot', 'history', 'standings', 'round');
  return harness.detailOf('round');
}

const noticeOf = async () => (await harness.store.notices.open()).find(({ key }) => key === 'old-heads');

test('with heads that are hours old no round is made and a notice names the remedy; new heads end that', async () => {
  harness.chainSays.headAgeMs = 9 * HOUR_MS;
  assert.match(await tick(), /^waits: the head of staking is 9 h 0 min old, /);
  assert.deepEqual([await harness.store.rounds.newest(), await harness.store.intents.open()], [null, []]);
  const notice = await noticeOf();
  assert.equal(notice?.severity, 'critical');
  assert.match(notice?.text ?? '', /is 9 h 0 min old, .* at most 30 min are allowed\. .* name more of them/);
  harness.chainSays.headAgeMs = 6_000;
  assert.match(await tick(), /^round [0-9a-f]{12}: /);
  assert.equal(await noticeOf(), undefined);
});

test('an era that had its round does not count as the newest when its head is old', async () => {
  await tick();
  harness.chainSays.headAgeMs = HOUR_MS;
  assert.match(await tick(), /^waits: the head of staking is 1 h 0 min old/);
  assert.notEqual(await noticeOf(), undefined);
});

test('a snapshot that lay about for hours is no ground for a round', async () => {
  await harness.run('snapshot', 'history', 'standings');
  await harness.clock.advance(HOUR_MS);
  await harness.run('round');
  assert.equal(await harness.store.rounds.newest(), null);
});

test('a chain whose harness.clock differs from real time has its rounds if the configuration allows it', async () => {
  harness.settings.oldestHeadMs = null;
  harness.chainSays.headAgeMs = 8_000 * HOUR_MS;
  assert.match(await tick(), /^round [0-9a-f]{12}: /);
});
