import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { keys } from '../../ground/keys.ts';
import { encodeRecord, type WatchRecord } from '../../ground/records.ts';
import { NO_WATCH } from '../../ground/watch-record.ts';
import { CHAIN, KEY, policyDocument } from '../../testing/services.ts';
import { type KeyWatch, NEW_KEY } from './state.ts';
import { HANDOVER_LIFE_MS, stepWatch, watchCompares } from './step.ts';
import type { WatchEvent } from './watch-events.ts';

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
const asked = (node: string, of: WatchRecord, ready: string[], nowMs = 0): WatchEvent => ({
  kind: 'asked',
  node,
  view: { record: of, ready },
  nowMs,
});

/** The effects of the last event. */
function run(...events: readonly WatchEvent[]) {
  let state: KeyWatch = NEW_KEY;
  let effects: ReturnType<typeof stepWatch>['effects'] = [];
  for (const event of events) ({ state, effects } = stepWatch(state, POLICY, event));
  return { state, effects };
}

test('while the holder is live the watch stays: its holder is active, another node is not', () => {
  const on = record('a');
  assert.deepEqual(run(asked('a', on, ['a', 'b'])).effects, [{ kind: 'answer', onWatch: true }]);
  assert.deepEqual(run(asked('b', on, ['a', 'b'])).effects, [{ kind: 'answer', onWatch: false }]);
});

test('a lapsed watch goes to the best rank at once, to the next one after its delay', () => {
  const free = record('gone');
  assert.deepEqual(run(asked('a', free, ['a', 'b'])).effects, [{ kind: 'read' }]);
  assert.deepEqual(run(asked('b', free, ['b'])).effects, [{ kind: 'read' }]);
  const waits = run(asked('b', free, ['a', 'b'], 0), asked('b', free, ['a', 'b'], 99));
  assert.deepEqual(waits.effects, [{ kind: 'answer', onWatch: false }]);
  const goes = run(asked('b', free, ['a', 'b'], 0), asked('b', free, ['a', 'b'], 100));
  assert.deepEqual(goes.effects, [{ kind: 'read' }]);
});

test('the delay counts from the present lapse', () => {
  const free = record('gone');
  const events = [asked('b', free, ['a', 'b'], 0), asked('b', record('a'), ['a', 'b'], 50)];
  assert.deepEqual(run(...events, asked('b', free, ['a', 'b'], 120)).effects, [
    { kind: 'answer', onWatch: false },
  ]);
  const taken: WatchEvent = { kind: 'taken', node: 'a', before: held(free), next: record('a', '2') };
  assert.equal(run(asked('a', free, ['a'], 7), taken).state.lapsedSinceMs, null);
});

test('the watch moves under the next term, over the record that was read', () => {
  const before = held(record('b', '6'));
  assert.deepEqual(run({ kind: 'read', node: 'a', held: before }).effects, [
    { kind: 'take', before, next: record('a', '7') },
  ]);
  const own = held(record('a', '6'));
  assert.deepEqual(run({ kind: 'read', node: 'a', held: own }).effects, [{ kind: 'answer', onWatch: true }]);
  assert.deepEqual(run({ kind: 'not-taken' }).effects, [{ kind: 'answer', onWatch: false }]);
});

test('a handover that its service left is ended after its time, and again until it is', () => {
  const left = record('a', '1', 'b');
  const at = (ms: number) => asked('a', left, ['a', 'b'], ms);
  assert.deepEqual(run(at(0), at(HANDOVER_LIFE_MS)).effects, [{ kind: 'answer', onWatch: true }]);
  const [first] = run(at(0), at(HANDOVER_LIFE_MS + 1)).effects;
  assert.deepEqual(first, { kind: 'end-handover', before: held(left), next: record('a') });
  assert.equal(
    run(at(0), at(HANDOVER_LIFE_MS + 1), at(HANDOVER_LIFE_MS + 2)).effects[0]?.kind,
    'end-handover',
  );
  const other = asked('a', record('a', '2', 'b'), ['a'], HANDOVER_LIFE_MS);
  assert.equal(run(at(0), other, at(HANDOVER_LIFE_MS + 1)).effects[0]?.kind, 'answer', 'another handover');
  const none = asked('a', record('a'), ['a'], 5);
  assert.equal(run(at(0), none, at(HANDOVER_LIFE_MS + 1)).effects[0]?.kind, 'answer', 'it ended in between');
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

const LAPSED = { holder: 'gone', term: '1', relief: null };

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
