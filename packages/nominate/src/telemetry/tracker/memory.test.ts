import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackerMemoryShape } from './memory.ts';
import { added, at, DOWN, GENESIS, gone, SETTLE_MS, SUBSCRIBED, scene, words } from './testing/feed.ts';
import { openTracker } from './tracker.ts';

const PEOPLE = [
  { key: '#1', name: 'node 1' },
  { key: '#2', name: 'node 2' },
  { key: '#3', name: 'node 3' },
];

/** Stopped at second 100, started at 500, connected again from 510 on. */
function restarted() {
  const before = scene(PEOPLE);
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

test('a restart keeps times and ages, and is charged to no candidate', () => {
  const { tracker, said } = restarted();
  assert.deepEqual([said(501, '#1'), said(501, '#2'), said(501, '#3')], ['unknown', 'unknown', 'unknown']);
  tracker.take('a', SUBSCRIBED, at(510));
  tracker.take('a', added(4, { name: 'node 1' }), at(511));
  assert.equal(said(600, '#1'), 'online since 1');
  assert.equal(said(600, '#2'), 'offline since 50');
  assert.equal(said(600, '#3'), 'never seen');
  const { outages, watchedSinceMs } = tracker.report(at(600));
  assert.deepEqual(outages, [{ fromMs: at(100), toMs: at(570) }]);
  assert.equal(watchedSinceMs, at(0));
});

test('the memory of a source that is no longer configured does not block a candidate for ever', () => {
  const before = scene(PEOPLE, { sources: ['a', 'b'], heard: ['b'] });
  before.say(1, added(1), 'b');
  const memory = before.tracker.memory(at(100));
  const tracker = openTracker({
    ...{ genesisHash: GENESIS, sources: ['a'], watched: PEOPLE, atMs: at(200), memory },
    rules: { settleMs: SETTLE_MS },
  });
  tracker.take('a', SUBSCRIBED, at(210));
  const fact = tracker.report(at(300)).sightings.get('#1');
  assert.ok(fact);
  assert.equal(words(fact), 'offline since 270');
});

const DAY_S = 24 * 3_600;

test('a candidate that is missing from the list for a while keeps its age without a charge; later it is forgotten', () => {
  const made = scene(PEOPLE);
  made.say(1, added(1));
  made.tracker.watch(PEOPLE.slice(1), at(100));
  assert.equal(made.tracker.memory(at(150)).people[0]?.key, '#1', 'over a restart as well');
  made.say(200, gone(1));
  made.tracker.watch(PEOPLE, at(300));
  assert.equal(words(made.sighting(400, '#1')), 'offline since 300', 'not since 200: no tracker watched it');
  made.say(500, added(1));
  const fact = made.sighting(501, '#1');
  assert.equal(words(fact), 'online since 500, away 300-500');
  assert.equal(fact.known && fact.value?.firstSeenMs, at(1));
  made.tracker.watch(PEOPLE.slice(1), at(600));
  assert.equal(made.tracker.memory(at(600 + 29 * DAY_S)).people.length, 1);
  assert.equal(made.tracker.memory(at(600 + 31 * DAY_S)).people.length, 0);
});

/** Two trackers of the same feed: the second saved last, at second 100. */
function inTurn() {
  const [one, two] = [scene(PEOPLE), scene(PEOPLE)];
  const both = (seconds: number, event: Parameters<typeof one.say>[1]) => {
    one.say(seconds, event);
    two.say(seconds, event);
  };
  both(1, added(1));
  both(2, added(2));
  return { one, two, both };
}

test('the memory of another tracker continues without a gap: an absence over several savings is one', () => {
  const { one, two, both } = inTurn();
  both(50, gone(1));
  let memory = one.tracker.memory(at(500));
  for (const [seconds, each] of [
    [1_000, two],
    [1_500, one],
    [2_000, two],
  ] as const) {
    each.tracker.adopt(memory, at(seconds));
    memory = each.tracker.memory(at(seconds));
  }
  assert.deepEqual(memory.people[0]?.absences, [{ fromMs: at(50), toMs: at(2_000) }]);
  assert.equal(words(two.sighting(2_001, '#1')), 'offline since 50');
  assert.deepEqual(memory.outages, []);
  both(3_000, added(1));
  one.tracker.adopt(memory, at(3_100));
  assert.equal(words(one.sighting(3_100, '#1')), 'online since 3000, away 50-3000');
});

test('of two trackers the connected one counts, and a loss of only the other one is not an outage', () => {
  const { one, two } = inTurn();
  two.say(200, DOWN);
  one.say(300, gone(1));
  one.say(400, added(1));
  two.tracker.adopt(one.tracker.memory(at(500)), at(510));
  two.hear(1_000);
  two.say(951, added(1));
  two.say(952, added(2));
  const { outages } = two.tracker.report(at(1_100));
  assert.deepEqual(outages, [{ fromMs: at(500), toMs: at(1_000) }]);
  assert.equal(words(two.sighting(1_100, '#1')), 'online since 400, away 300-400');
  assert.equal(words(two.sighting(1_100, '#2')), 'online since 2');
});

test('an absence that only this tracker saw before the other saved is not an outage; one that the other saw is', () => {
  const { one, two } = inTurn();
  two.say(200, DOWN);
  two.hear(400);
  one.say(600, DOWN);
  one.hear(800);
  two.tracker.adopt(one.tracker.memory(at(1_000)), at(1_010));
  assert.deepEqual(two.tracker.report(at(1_020)).outages, [{ fromMs: at(600), toMs: at(800) }]);
});

test("a loss that turned out to be the feed's is not brought back by a memory from before", () => {
  const people = Array.from({ length: 10 }, (_, at) => ({ key: `#${at}`, name: `node ${at}` }));
  const [one, two] = [scene(people), scene(people)];
  const both = (seconds: number, event: Parameters<typeof one.say>[1]) => {
    one.say(seconds, event);
    two.say(seconds, event);
  };
  for (let id = 0; id < 10; id += 1) both(1, added(id));
  both(1_000, gone(0));
  const memory = one.tracker.memory(at(1_001));
  for (let id = 1; id < 6; id += 1) both(1_002, gone(id));
  for (let id = 0; id < 6; id += 1) both(1_020, added(id));
  two.tracker.adopt(memory, at(1_030));
  assert.equal(words(two.sighting(1_400, '#0')), words(one.sighting(1_400, '#0')));
  const fact = two.sighting(1_400, '#0');
  assert.deepEqual(fact.known && fact.value?.offline, []);
});

test('a memory older than the local one is not adopted', () => {
  const { one, two, both } = inTurn();
  const memory = one.tracker.memory(at(100));
  both(200, gone(1));
  both(300, added(1));
  two.tracker.memory(at(5_000));
  two.tracker.adopt({ ...memory, people: [] }, at(5_001));
  two.tracker.adopt(
    { ...memory, savedAtMs: at(5_000), people: [], outages: [{ fromMs: 0, toMs: at(4_000) }] },
    at(5_002),
  );
  assert.deepEqual(two.tracker.report(at(5_003)).outages, []);
});
