import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeChains, NOW_MS } from '../chain/fake-chains.ts';
import { known } from '../facts/fact.ts';
import { decodeSnapshot, encodeSnapshot } from '../snapshot/codec.ts';
import { goodRecord } from '../testing/records.ts';
import { chainReader } from './chains.ts';

const SIGNAL = new AbortController().signal;

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
    const source = (role: 'programme' | 'telemetry' | 'releases' | 'places') => ({
      role,
      block: null,
      atMs: NOW_MS,
    });
    const snapshot = part.snapshot(
      candidates.map((stashKey, slotId) => ({ ...goodRecord(slotId).candidate, stashKey })),
      {
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
        recordOf: () => ({}),
        nominators: [],
        withElection: false,
        notes: [],
      },
    );
    assert.ok(decodeSnapshot(encodeSnapshot(snapshot)).ok);
    assert.ok(part.remember !== null, 'the first block of the era is remembered');
    const again = await reader.read({ ...question, remembered: part.remember }, SIGNAL);
    assert.equal(again.remember, part.remember);
  });

  test('the first look at events begins with now, and the next one where it ended', async () => {
    const chains = fakeChains();
    const reader = chainReader(chains.roles, () => NOW_MS);
    const first = await reader.faults(new Set(chains.candidates), null, null, SIGNAL);
    assert.deepEqual(first.faults, []);
    const next = await reader.faults(new Set(chains.candidates), first.next, null, SIGNAL);
    assert.equal(next.next, first.next, 'no block has come since');
  });
});
