import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { keys } from '../../ground/keys.ts';
import { NO_WATCH } from '../../ground/watch-record.ts';
import { CHAIN, KEY, policyDocument } from '../../testing/services.ts';
import { type KeyWatch, NEW_KEY } from './state.ts';
import { HANDOVER_LIFE_MS, stepWatch, watchCompares } from './step.ts';
import type { WatchEvent } from './watch-events.ts';

const roster = ['a', 'b', 'c'].map((name, rank) => ({ name, rank }));
const POLICY = {
  ...policyDocument({ standbyDelayMs: 100, roster }),
  versionId: 'v',
  version: 1,
} as unknown as Policy;
const LAPSED = { holder: 'gone', term: '1', relief: null };

function run(...events: readonly WatchEvent[]) {
  let state: KeyWatch = NEW_KEY;
  let effects: ReturnType<typeof stepWatch>['effects'] = [];
  for (const event of events) ({ state, effects } = stepWatch(state, POLICY, event));
  return { state, effects };
}

/** The first moment, in steps of 50 ms since the lapse, at which the node may take the watch. */
function turnMs(node: string, ready: readonly string[]): number {
  const asked = (nowMs: number): WatchEvent => ({
    kind: 'asked',
    node,
    view: { record: LAPSED, ready },
    nowMs,
  });
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 50)
    if (run(asked(0), asked(nowMs)).effects[0]?.kind === 'read') return nowMs;
  return assert.fail('it may never take the watch');
}

test('a node waits one delay for each ready node of a better rank', () => {
  const all = ['a', 'b', 'c'];
  assert.deepEqual([turnMs('a', all), turnMs('b', all), turnMs('c', all)], [0, 100, 200]);
  assert.deepEqual([turnMs('c', ['b', 'c']), turnMs('c', ['c'])], [100, 0]);
});

test('a node that is not listed waits behind all that are', () => {
  assert.equal(turnMs('z', ['a', 'b', 'c']), 300);
});

test('who takes the watch is announced and logged, with the holder before', () => {
  const before = { record: LAPSED, text: 'lapsed' };
  const next = { holder: 'a', term: '2', relief: null };
  const { effects } = run({ kind: 'taken', node: 'a', before, next });
  assert.deepEqual(effects, [
    { kind: 'log-taken', before: 'gone', next },
    { kind: 'answer', onWatch: true },
  ]);
});

test('a handover that was seen counts on from then, also while the holder is away and when a node takes the watch', () => {
  const left = { holder: 'a', term: '1', relief: 'b' };
  const asked = (ready: readonly string[], nowMs: number): WatchEvent => ({
    kind: 'asked',
    node: 'a',
    view: { record: left, ready },
    nowMs,
  });
  const before = { record: left, text: 'left' };
  const taken: WatchEvent = { kind: 'taken', node: 'b', before, next: left };
  for (const between of [asked(['b'], 10), taken]) {
    const { effects } = run(asked(['a'], 0), between, asked(['a'], HANDOVER_LIFE_MS + 1));
    assert.equal(effects[0]?.kind, 'end-handover', between.kind);
  }
});

test('the time of a handover counts from when it was seen, and a watch without one is left alone', () => {
  const askedWith = (relief: string | null, nowMs: number): WatchEvent => ({
    kind: 'asked',
    node: 'a',
    view: { record: { holder: 'a', term: '1', relief }, ready: ['a'] },
    nowMs,
  });
  const kindsAfter = (relief: string | null, passedMs: number) =>
    run(askedWith(relief, 70_000), askedWith(relief, 70_000 + passedMs)).effects.map(({ kind }) => kind);
  assert.deepEqual(kindsAfter('b', HANDOVER_LIFE_MS), ['answer']);
  assert.deepEqual(kindsAfter('b', HANDOVER_LIFE_MS + 1), ['end-handover', 'answer']);
  assert.deepEqual(kindsAfter(null, HANDOVER_LIFE_MS + 1), ['answer']);
});

test('the first active node writes over no record', () => {
  const next = { holder: 'a', term: '1', relief: null };
  assert.deepEqual(watchCompares(POLICY, { record: NO_WATCH, text: null }, next), [
    { key: keys.watch(CHAIN, KEY), value: null },
  ]);
});
