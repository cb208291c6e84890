import assert from 'node:assert/strict';
import { test } from 'node:test';
import { added, at, DOWN, gone, SUBSCRIBED, scene, words } from './testing/feed.ts';

const FLOOD = 100_000;
const people = Array.from({ length: 300 }, (_, index) => ({ key: `#${index}`, name: `candidate ${index}` }));

test('a flood of names takes bounded room, and candidates are seen in the midst of it', () => {
  const made = scene(people, { rules: { mostStrangersPerSource: 5_000 } });
  for (let id = 0; id < FLOOD; id += 1)
    made.say(1, added(id, { name: `stranger ${id}`, networkId: `s${id}` }));
  made.say(2, added(FLOOD, { name: 'candidate 7', networkId: 'seven' }));
  for (let id = 1; id < 5; id += 1) made.say(2, added(FLOOD + id, { name: `candidate ${id}` }));
  assert.equal(words(made.sighting(3, '#7')), 'online since 2');
  const [source] = made.tracker.report(at(3)).sources;
  assert.equal(source?.overflow, FLOOD - 5_000);
  assert.ok(JSON.stringify(made.tracker.memory(at(3))).length < 3_000, 'strangers are not remembered');
  for (let id = 0; id < FLOOD; id += 1) made.say(4, gone(id));
  assert.equal(made.tracker.report(at(5)).sources[0]?.nodes, 5);
  made.say(6, gone(FLOOD));
  assert.equal(words(made.sighting(7, '#7')), 'offline since 6');
});

test('a flood under the name of a candidate leaves it its node, and is flagged within bounds', () => {
  const made = scene(people, { rules: { mostStrangersPerSource: 5_000, mostFlags: 50 } });
  made.say(1, added(FLOOD, { name: 'candidate 7', networkId: 'true' }));
  for (let id = 0; id < FLOOD; id += 1) made.say(2, added(id, { name: 'candidate 7', networkId: `s${id}` }));
  assert.equal(words(made.sighting(3, '#7')), 'online since 1');
  assert.equal(made.tracker.flags(at(3)).length, 50);
  assert.equal(made.tracker.memory(at(3)).people[0]?.bodies.length, 8);
  made.say(4, gone(FLOOD));
  assert.equal(words(made.sighting(5, '#7')), 'unknown', 'it was perhaps one of the others that had to stay');
});

test('a node that comes and goes all the time leaves a bounded list, newest last', () => {
  const made = scene(people, { rules: { mostAbsencesPerCandidate: 10 } });
  for (let round = 0; round < 100; round += 1) {
    made.say(round * 100 + 1, added(1, { name: 'candidate 1' }));
    made.say(round * 100 + 51, gone(1));
  }
  made.say(10_001, added(1, { name: 'candidate 1' }));
  const fact = made.sighting(10_002, '#1');
  assert.equal(fact.known && fact.value?.offline.length, 10);
  assert.equal(fact.known && fact.value?.offline.at(-1)?.toMs, at(10_001));
});

test('the room that a flood took is free again once the feed was lost', () => {
  const made = scene(people, { rules: { mostStrangersPerSource: 10 } });
  for (let id = 0; id < 100; id += 1) made.say(1, added(id, { name: `stranger ${id}` }));
  made.say(2, DOWN);
  made.say(3, SUBSCRIBED);
  made.say(4, added(1, { name: 'candidate  7' }));
  const [source] = made.tracker.report(at(5)).sources;
  assert.deepEqual([source?.nodes, source?.overflow], [1, 0]);
  assert.equal(made.tracker.flags(at(5))[0]?.key, '#7');
});
