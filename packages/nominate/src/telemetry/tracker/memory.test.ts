import assert from 'node:assert/strict';
import { test } from 'node:test';
import { added, at, GENESIS, SETTLE_MS, scene, words } from './fixture-feed.ts';
import { trackerMemoryShape } from './memory.ts';
import { openTracker } from './tracker.ts';

const PEOPLE = [
  { key: '#1', name: 'node 1' },
  { key: '#2', name: 'node 2' },
  { key: '#3', name: 'node 3' },
];
const gone = (id: number) => ({ kind: 'removed-node', id }) as const;

/** Stopped at second 100, started at 500, heard again from 510 on. */
function restarted() {
  const before = scene(PEOPLE);
  before.hear(0);
  before.say(1, added(1));
  before.say(2, added(2));
  before.say(50, gone(2));
  const text = JSON.stringify(before.tracker.memory(at(100)));
  const memory = trackerMemoryShape.parse(JSON.parse(text));
  const tracker = openTracker({
    ...{ genesisHash: GENESIS, sources: ['a'], watched: PEOPLE, atMs: at(500), memory },
    rules: { settleMs: SETTLE_MS },
  });
  const said = (seconds: number, key: string) => {
    const fact = tracker.report(at(seconds)).sightings.get(key);
    return fact === undefined ? 'not watched' : words(fact);
  };
  return { tracker, said };
}

test('a restart forgets neither times nor ages, and is charged to nobody', () => {
  const { tracker, said } = restarted();
  assert.deepEqual([said(501, '#1'), said(501, '#2'), said(501, '#3')], ['unknown', 'unknown', 'unknown']);
  tracker.take('a', { kind: 'subscribed-to', genesisHash: GENESIS }, at(510));
  tracker.take('a', added(4, { name: 'node 1' }), at(511));
  assert.equal(said(600, '#1'), 'online since 1');
  assert.equal(said(600, '#2'), 'offline since 50');
  assert.equal(said(600, '#3'), 'never seen');
  const { outages, watchedSinceMs } = tracker.report(at(600));
  assert.deepEqual(outages, [{ fromMs: at(100), toMs: at(570) }]);
  assert.equal(watchedSinceMs, at(0));
});

test('what is remembered of a source that is not asked any more holds nobody up for ever', () => {
  const before = scene(PEOPLE, { sources: ['a', 'b'] });
  before.hear(0, 'b');
  before.say(1, added(1), 'b');
  const memory = before.tracker.memory(at(100));
  const tracker = openTracker({
    ...{ genesisHash: GENESIS, sources: ['a'], watched: PEOPLE, atMs: at(200), memory },
    rules: { settleMs: SETTLE_MS },
  });
  tracker.take('a', { kind: 'subscribed-to', genesisHash: GENESIS }, at(210));
  const fact = tracker.report(at(300)).sightings.get('#1');
  assert.ok(fact);
  assert.equal(words(fact), 'offline since 270');
});
