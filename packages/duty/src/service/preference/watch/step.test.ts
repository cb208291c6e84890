import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../../rule/index.ts';
import { keys } from '../../ground/keys.ts';
import { encodeRecord, type WatchRecord } from '../../ground/records.ts';
import { CHAIN, KEY, policyDocument } from '../../testing/services.ts';
import { type KeyWatch, NEW_KEY } from './state.ts';
import { HANDOVER_LIFE_MS, stepWatch, watchCompares } from './step.ts';
import type { WatchEvent } from './watch-events.ts';

const POLICY = {
  ...policyDocument({ standbyDelayMs: 100 }),
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
  const free = record('c');
  assert.deepEqual(run(asked('a', free, ['a', 'b'])).effects, [{ kind: 'read' }]);
  assert.deepEqual(run(asked('b', free, ['b'])).effects, [{ kind: 'read' }]);
  const waits = run(asked('b', free, ['a', 'b'], 0), asked('b', free, ['a', 'b'], 99));
  assert.deepEqual(waits.effects, [{ kind: 'answer', onWatch: false }]);
  const goes = run(asked('b', free, ['a', 'b'], 0), asked('b', free, ['a', 'b'], 100));
  assert.deepEqual(goes.effects, [{ kind: 'read' }]);
});

test('the delay counts from the present lapse', () => {
  const free = record('c');
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
