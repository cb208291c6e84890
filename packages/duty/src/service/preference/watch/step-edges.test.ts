import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { policyDocument } from '../../testing/services.ts';
import { type KeyWatch, NEW_KEY } from './state.ts';
import { HANDOVER_LIFE_MS, stepWatch } from './step.ts';
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

test('the time of a hand-over counts from when it was seen, and a watch without one is left alone', () => {
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
