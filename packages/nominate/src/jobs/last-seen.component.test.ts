import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { known } from '../facts/fact.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { HOUR_MS, NOON_MS } from '../testing/records.ts';
import { writeNote } from './notes.ts';

const MINUTE_MS = HOUR_MS / 60;
const harness = harnessOfEachTest();
let keys: readonly string[];

/**
 * At noon a process noted that the first node is just restarting and that the others are online; it was the
 * last one to listen.
 */
beforeEach(async () => {
  harness.chainSays.hearsTelemetry = true;
  keys = harness.chainSays.snapshot.candidates.map(({ candidate }) => candidate.stashKey);
  await writeNote(harness.store, 'telemetry', {
    ...{ atMs: NOON_MS, watchedSinceMs: NOON_MS - 1_000 * HOUR_MS, outages: [] },
    sightings: keys.map((key, at) => [key, sighting(at > 0)]),
  });
});

function sighting(online: boolean) {
  const firstSeenMs = NOON_MS - 900 * HOUR_MS;
  const sinceMs = online ? firstSeenMs : NOON_MS - 5 * MINUTE_MS;
  const plain = { implementation: 'Parity Polkadot', version: '1.20.1', offline: [] };
  return known({ ...plain, matchedBy: 'name' as const, online, sinceMs, firstSeenMs }, 'telemetry');
}

async function checked(at: number): Promise<readonly string[]> {
  await harness.run('candidates', 'snapshot', 'history', 'standings');
  const row = await harness.store.standings.get(keys[at] ?? '');
  const ids = ['online', 'accumulated-offline-time', 'connection-time'];
  return (row?.results ?? []).filter(({ id }) => ids.includes(id)).map(({ outcome }) => outcome);
}

test('telemetry that was noted minutes ago counts as current', async () => {
  await harness.clock.advance(4 * MINUTE_MS);
  assert.deepEqual(await checked(0), ['pass', 'pass', 'pass']);
});

test('without a listener, no node is online or offline, and no operator is charged', async () => {
  for (const hours of [1, 20, 30 * 24]) {
    await harness.clock.run(NOON_MS + hours * HOUR_MS);
    assert.deepEqual(
      await checked(0),
      ['unknown', 'unknown', 'unknown'],
      `the one that was away, ${hours} h`,
    );
    assert.deepEqual(await checked(1), ['unknown', 'unknown', 'unknown'], `one that was online, ${hours} h`);
    const { telemetry } = await harness.snapshot();
    assert.deepEqual(telemetry.outages.at(-1), { fromMs: NOON_MS, toMs: harness.clock.nowMs() });
  }
  const faults = (await harness.store.history.of(keys)).get(keys[0] ?? '')?.faults ?? [];
  assert.deepEqual(
    faults.filter(({ kind }) => kind === 'offline'),
    [],
  );
});

test('if telemetry is noted every ten minutes, ten minutes are not old, but an hour is', async () => {
  const plain = { name: 'telemetry', state: 'succeeded' as const, progress: null, detail: '', error: null };
  const counts = { runCount: 1, failureCount: 0 };
  const put = (everyMs: number) =>
    harness.store.jobs.put({
      ...plain,
      ...counts,
      startedMs: NOON_MS,
      endedMs: NOON_MS,
      nextMs: NOON_MS + everyMs,
    });
  await put(10 * MINUTE_MS);
  await harness.clock.run(NOON_MS + 12 * MINUTE_MS);
  assert.deepEqual(await checked(1), ['pass', 'pass', 'pass']);
  await put(24 * HOUR_MS);
  await harness.clock.run(NOON_MS + 61 * MINUTE_MS);
  assert.deepEqual(await checked(1), ['unknown', 'unknown', 'unknown']);
});
