import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { keys } from '../../ground/keys.ts';
import { encodeRecord, type WatchRecord } from '../../ground/records.ts';
import { CHAIN, KEY, policyDocument } from '../../testing/services.ts';
import { followHandover, HANDOVER_LIFE_MS, isTurnOf, type KeyWatch, watchCompares } from './turns.ts';

const POLICY = {
  ...policyDocument({ standbyDelayMs: 100, roster: ['a', 'b', 'c'].map((name, rank) => ({ name, rank })) }),
  versionId: 'v',
  version: 1,
} as unknown as Policy;
const record = (holder: string | null, term = '1', relief: string | null = null): WatchRecord => ({
  holder,
  term,
  relief,
});
const held = (of: WatchRecord) => ({ record: of, text: encodeRecord('watch', of) });

test('a node waits one delay for each ready node of a better rank, one that is not listed for all', () => {
  /** The first moment, in steps of 50 ms since the lapse, at which the node may take the watch. */
  const turnMs = (node: string, ready: readonly string[]) =>
    [0, 50, 100, 150, 200, 250, 300].find((ms) => isTurnOf(POLICY, ready, node, ms));
  const all = ['a', 'b', 'c'];
  assert.deepEqual(
    [turnMs('a', all), turnMs('b', all), turnMs('c', all), turnMs('z', all)],
    [0, 100, 200, 300],
  );
  assert.deepEqual([turnMs('c', ['b', 'c']), turnMs('c', ['c'])], [100, 0]);
});

test('a handover that its service left is ended after its time since it was seen, and again until it is', () => {
  const known: KeyWatch = { lapsedSinceMs: null, relief: null };
  const [left, other] = [record('a', '1', 'b'), record('a', '2', 'b')];
  const ended = { before: held(left), next: record('a') };
  const look = (of: WatchRecord, ms: number) => followHandover(known, of, ms);
  assert.equal(look(left, 70_000), null);
  assert.equal(look(left, 70_000 + HANDOVER_LIFE_MS), null);
  assert.deepEqual(look(left, 70_001 + HANDOVER_LIFE_MS), ended);
  assert.deepEqual(look(left, 70_002 + HANDOVER_LIFE_MS), ended);
  assert.equal(look(other, 200_000), null, 'another handover');
  assert.equal(look(left, 200_001), null, 'it was seen again after another one');
  assert.equal(look(record('a'), 240_000), null);
  assert.equal(look(record('a'), 290_000), null, 'a watch without one is left alone');
  assert.equal(look(left, 290_000), null, 'it ended in between');
});

test('a change compares the record, and the absence of a holder that lapsed', () => {
  const absent = (before: WatchRecord, next: WatchRecord, policy = POLICY) =>
    watchCompares(policy, held(before), next).some(({ key }) => key === keys.presence(CHAIN, KEY, 'a'));
  assert.equal(absent(record('a'), record('b', '2')), true);
  assert.equal(
    absent(record('a', '1', 'b'), record('b', '2')),
    false,
    'a handover moves it from a live node',
  );
  assert.equal(absent(record('a'), record('a', '1', 'b')), false, 'marked for relief, the holder stays');
  assert.equal(absent(record('a', '1', 'b'), record('a')), false, 'a handover that ends leaves the holder');
  const without = { ...POLICY, roster: [{ name: 'b', rank: 0 }] };
  assert.equal(absent(record('a'), record('b', '2'), without), false, 'a node that is not listed');
  const [watch] = watchCompares(POLICY, held(record('a')), record('b', '2'));
  assert.deepEqual(watch?.key, keys.watch(CHAIN, KEY));
  assert.equal(Buffer.from(watch?.value ?? []).toString(), held(record('a')).text);
});
