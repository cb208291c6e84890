import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NodeFault } from '@watchbill/chain';
import type { SnapshotExtras } from '../chain/index.ts';
import { type FakeChains, fakeChains, NOW_MS } from '../chain/testing/fake-chains.ts';
import { known } from '../facts/fact.ts';
import { OLDEST_HEAD_MS, oldHeads } from '../rounds/heads.ts';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/codec.ts';
import { goodRecord, HOUR_MS } from '../testing/records.ts';
import { chainReader } from './chains.ts';

const SIGNAL = new AbortController().signal;

const source = (role: 'programme' | 'telemetry' | 'releases' | 'places') => ({
  role,
  block: null,
  atMs: NOW_MS,
});

const EXTRAS: SnapshotExtras = {
  network: { name: 'polkadot', prefix: 0, decimals: 10, symbol: 'DOT' },
  configVersion: 'test',
  sources: {
    programme: source('programme'),
    telemetry: source('telemetry'),
    releases: source('releases'),
    places: source('places'),
  },
  releases: known([], 'releases'),
  telemetry: { watchedSinceMs: null, outages: [] },
  lastIdentityOf: (stashKey: string) => ({ account: stashKey, atMs: 1 }),
  recordOf: () => ({}),
  nominators: [],
  withElection: false,
  notes: [],
};

const listOf = (keys: readonly string[]) =>
  keys.map((stashKey, slotId) => ({ ...goodRecord(slotId).candidate, stashKey }));

/** A snapshot of chains whose heads all have the same age. */
async function snapshotAt(nowMs: number, change: (chains: FakeChains) => void = () => undefined) {
  const chains = fakeChains();
  change(chains);
  const { candidates } = chains;
  const question = { candidates, nominators: [], remembered: null };
  const part = await chainReader(chains.roles, () => nowMs).read(question, SIGNAL);
  return part.snapshot(listOf(candidates), EXTRAS);
}

describe('the chains, for the jobs', () => {
  test('one reading gives a snapshot that reads back, points, payouts, the set, and the calendar', async () => {
    const chains = fakeChains();
    const reader = chainReader(chains.roles, () => NOW_MS);
    const { candidates, nominators } = chains;
    const question = { candidates, nominators: nominators.slice(0, 1), remembered: null };
    const part = await reader.read(question, SIGNAL);
    assert.deepEqual(part.failures, []);
    assert.ok(part.points.known && part.points.value.length > 0);
    assert.ok(part.activeSet.known && part.activeSet.value.length > 0);
    assert.equal(part.claims.size, candidates.length);
    const snapshot = part.snapshot(listOf(candidates), EXTRAS);
    assert.ok(decodeSnapshot(encodeSnapshot(snapshot)).ok);
    assert.ok(part.remember !== null, 'the first block of the era is remembered');
    const again = await reader.read({ ...question, remembered: part.remember }, SIGNAL);
    assert.equal(again.remember, part.remember);
  });

  test('a single endpoint whose finalised head is hours old is read, and does not count as current', async () => {
    assert.equal(oldHeads(await snapshotAt(NOW_MS), NOW_MS, OLDEST_HEAD_MS), null);
    const lateMs = NOW_MS + 9 * HOUR_MS;
    const late = await snapshotAt(lateMs);
    assert.ok(late.eras.active.known);
    assert.match(
      oldHeads(late, lateMs, OLDEST_HEAD_MS) ?? '',
      /^the head of staking is 9 h 0 min old, the head of relay is 9 h/,
    );
  });

  test('a clock that is late makes no old head fresh: ages count from the newest head of all chains', async () => {
    const hostMs = NOW_MS - HOUR_MS;
    const fresh = await snapshotAt(hostMs);
    assert.equal(oldHeads(fresh, hostMs, OLDEST_HEAD_MS), null);
    assert.deepEqual(fresh.notes, [
      'the clock of this machine is at least 3594 s late, by the time of the newest block',
    ]);
    const lagging = await snapshotAt(hostMs, ({ staking }) =>
      staking.set('Timestamp', 'Now', [[[], String(hostMs)]]),
    );
    assert.equal(oldHeads(lagging, hostMs, OLDEST_HEAD_MS), 'the head of staking is 59 min old');
    assert.ok(decodeSnapshot(encodeSnapshot(lagging)).ok);
  });

  test('a chain whose blocks have no time does not count as current', async () => {
    const timeless = await snapshotAt(NOW_MS, ({ relay }) =>
      relay.setTrouble((method) => (method === 'state_getStorage' ? { answer: null } : null)),
    );
    assert.ok(decodeSnapshot(encodeSnapshot(timeless)).ok);
    assert.equal(oldHeads(timeless, NOW_MS, OLDEST_HEAD_MS), 'the head of relay says no time');
  });

  test('a snapshot has the last known identity only while the chain of identities is silent', async () => {
    const read = await snapshotAt(NOW_MS);
    assert.ok(read.candidates.every((record) => !('lastIdentity' in record)));
    const silent = await snapshotAt(NOW_MS, ({ identity }) =>
      identity.setTrouble(() => {
        throw new NodeFault('unreachable', 'no connection');
      }),
    );
    assert.ok(decodeSnapshot(encodeSnapshot(silent)).ok);
    for (const { candidate, lastIdentity } of silent.candidates)
      assert.deepEqual(lastIdentity, { account: candidate.stashKey, atMs: 1 });
  });

  test('the first reading of events begins with the newest block, and the next one continues from there', async () => {
    const chains = fakeChains();
    const reader = chainReader(chains.roles, () => NOW_MS);
    const first = await reader.faults(new Set(chains.candidates), null, null, SIGNAL);
    assert.deepEqual(first.faults, []);
    const next = await reader.faults(new Set(chains.candidates), first.next, null, SIGNAL);
    assert.equal(next.next, first.next, 'no block has come since');
  });
});
