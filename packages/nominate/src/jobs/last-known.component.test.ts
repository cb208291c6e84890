import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { known, unknown } from '../facts/fact.ts';
import { harnessOfEachTest } from '../testing/each-test.ts';
import { DAY_MS, HOUR_MS, keyOf, NOON_MS } from '../testing/records.ts';
import { writeNote } from './notes.ts';
import { keepIdentities, lastIdentities } from './work/last-known.ts';

const harness = harnessOfEachTest();
let keys: readonly string[];

beforeEach(() => {
  harness.chainSays.hearsTelemetry = true;
  keys = harness.chainSays.snapshot.candidates.map(({ candidate }) => candidate.stashKey);
});

const plain = {
  matchedBy: 'name' as const,
  implementation: 'Parity Polkadot',
  version: '1.20.1',
  offline: [],
};
const sinceMs = NOON_MS - 900 * HOUR_MS;

/** Telemetry noted now that every node is online. */
const hear = () =>
  writeNote(harness.store, 'telemetry', {
    ...{ atMs: harness.clock.nowMs(), watchedSinceMs: NOON_MS - 1_000 * HOUR_MS, outages: [] },
    sightings: keys.map((key) => [
      key,
      known({ ...plain, online: true, sinceMs, firstSeenMs: sinceMs }, 'telemetry'),
    ]),
  });

/** How many candidates can be nominated after a pass, and whether a notice about their verdicts is open. */
async function pass(hours: number): Promise<readonly [eligible: number, noticed: boolean]> {
  await harness.clock.run(NOON_MS + hours * HOUR_MS);
  await harness.run('candidates', 'snapshot', 'history', 'standings', 'watch');
  const { rows } = await harness.store.standings.list(
    { sort: 'slot', descending: false },
    { limit: 100, after: null },
  );
  const open = await harness.store.notices.open();
  return [rows.filter(({ eligible }) => eligible).length, open.some(({ key }) => key === 'old-verdicts')];
}

test('a verdict without facts counts for three days, with a notice from the middle on, and not for weeks', async () => {
  await hear();
  const [eligible] = await pass(0);
  assert.ok(eligible > 0, 'some are valid');
  assert.deepEqual(await pass(24), [eligible, false]);
  assert.deepEqual(await pass(37), [eligible, true]);
  assert.deepEqual(await pass(71), [eligible, true]);
  assert.deepEqual(await pass(73), [0, false]);
  assert.deepEqual(await pass(60 * 24), [0, false]);
  await harness.clock.run(NOON_MS + 61 * 24 * HOUR_MS);
  await hear();
  assert.deepEqual(await pass(61 * 24), [eligible, false], 'fresh facts settle it again');
});

test('the last known identity is kept while the chain is silent, for a week', async () => {
  const { store, chainSays } = harness;
  await harness.run('candidates', 'snapshot');
  for (const key of keys)
    assert.notEqual((await lastIdentities(store, NOON_MS))(key), null, 'the job keeps them');
  const [record] = chainSays.snapshot.candidates;
  assert.ok(record);
  const { stashKey } = record.candidate;
  const holder = { account: keyOf(7), display: 'seven', isSub: true, judgements: ['Reasonable'] };
  const at = (days: number, identity: typeof record.identity) =>
    keepIdentities(store, {
      ...chainSays.snapshot,
      takenAtMs: NOON_MS + days * DAY_MS,
      candidates: [{ ...record, identity }],
    });
  await at(0, known(holder, 'identity'));
  await at(3, unknown('no endpoint answers', 'identity'));
  const last = async (days: number) => (await lastIdentities(store, NOON_MS + days * DAY_MS))(stashKey);
  assert.deepEqual(await last(3), { account: keyOf(7), atMs: NOON_MS });
  assert.deepEqual(await last(7), { account: keyOf(7), atMs: NOON_MS });
  assert.equal(await last(8), null);
  await at(9, known(null, 'identity'));
  assert.deepEqual(await last(9), { account: stashKey, atMs: NOON_MS + 9 * DAY_MS });
  assert.equal((await lastIdentities(store, NOON_MS))('another'), null);
});
