import assert from 'node:assert/strict';
import { test } from 'node:test';
import { added, at, DOWN, gone, SUBSCRIBED, scene, words } from './testing/feed.ts';

const ONE = [{ key: '#1', name: 'node 1' }];
const TWO_SOURCES = { sources: ['a', 'b'] };

test('a source that is down shows neither that a node is there, nor that it is away', () => {
  const { say, sighting, tracker } = scene(ONE, TWO_SOURCES);
  say(1, added(1), 'b');
  say(100, DOWN, 'b');
  assert.equal(words(sighting(110)), 'unknown', 'a never saw it, so a cannot miss it');
  assert.deepEqual(tracker.report(at(110)).outages, [], 'a is heard');
  say(120, added(3, { name: 'node 1' }), 'a');
  assert.equal(words(sighting(130)), 'online since 1');
  say(140, gone(3), 'a');
  assert.equal(words(sighting(150)), 'unknown');
  say(160, SUBSCRIBED, 'b');
  assert.equal(words(sighting(300)), 'offline since 220', 'b has settled');
});

test('an absence that one lost source interrupts is charged only while all sources that saw the node are connected', () => {
  const { say, sighting } = scene(ONE, TWO_SOURCES);
  say(1, added(1), 'b');
  say(50, gone(1), 'b');
  say(100, DOWN, 'b');
  say(200, SUBSCRIBED, 'b');
  assert.equal(words(sighting(300)), 'offline since 260, away 50-100');
});

test('an outage is a time without a connected source: it begins when the last one is lost', () => {
  const { say, tracker, sighting } = scene([...ONE, { key: '#2', name: 'node 2' }], TWO_SOURCES);
  say(1, added(1), 'a');
  say(100, DOWN, 'a');
  assert.equal(words(sighting(105, '#2')), 'unknown', 'never seen, but a might see it');
  say(150, DOWN, 'b');
  say(200, SUBSCRIBED, 'b');
  assert.deepEqual(tracker.report(at(400)).outages, [{ fromMs: at(150), toMs: at(260) }]);
  assert.deepEqual(
    tracker.report(at(400)).sources.map(({ name, state }) => `${name} ${state}`),
    ['a down', 'b hearing'],
  );
});
