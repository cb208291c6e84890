import assert from 'node:assert/strict';
import { test } from 'node:test';
import { added, at, gone, scene, words } from './testing/feed.ts';

const people = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ key: `#${id}`, name: `node ${id}` }));

function crowd(count: number, strangers = 0) {
  const made = scene(people(count));
  for (let id = 0; id < count + strangers; id += 1) made.say(1, added(id));
  return made;
}

test('a loss of more than a fifth within a minute is trouble of the feed: candidates that come back are not charged', () => {
  const { say, sighting, tracker } = crowd(20);
  for (let id = 0; id < 5; id += 1) say(100 + id, gone(id));
  for (const id of [0, 4]) assert.equal(words(sighting(106, `#${id}`)), 'unknown');
  assert.equal(words(sighting(106, '#9')), 'online since 1');
  assert.equal(tracker.report(at(106)).sources[0]?.state, 'doubted');
  for (let id = 0; id < 4; id += 1) say(130 + id, added(id));
  assert.equal(words(sighting(200, '#0')), 'online since 130');
  assert.equal(words(sighting(403, '#4')), 'unknown', 'five minutes are given');
  assert.equal(words(sighting(500, '#4')), 'offline since 404');
  assert.deepEqual(tracker.report(at(500)).outages, [{ fromMs: at(100), toMs: at(404) }]);
});

test('a loss from before the window stays charged', () => {
  const { say, sighting } = crowd(20);
  say(10, gone(19));
  for (let id = 0; id < 6; id += 1) say(100, gone(id));
  assert.equal(words(sighting(110, '#19')), 'offline since 10');
});

test('among four nodes no share is significant', () => {
  const { say, sighting } = crowd(4);
  for (let id = 0; id < 3; id += 1) say(100, gone(id));
  assert.equal(words(sighting(110, '#0')), 'offline since 100');
});

test('strangers neither hide a mass loss nor make one', () => {
  const hidden = crowd(10, 5_000);
  for (let id = 0; id < 5; id += 1) hidden.say(100, gone(id));
  assert.equal(words(hidden.sighting(110, '#0')), 'unknown');
  const made = crowd(10, 5_000);
  for (let id = 10; id < 5_010; id += 1) made.say(100, gone(id));
  made.say(101, gone(0));
  assert.equal(words(made.sighting(110, '#0')), 'offline since 101');
});

test('single losses do not prolong the doubt, another mass loss does', () => {
  const { say, sighting } = crowd(20);
  for (let id = 0; id < 6; id += 1) say(100, gone(id));
  say(250, gone(10));
  assert.equal(words(sighting(401, '#0')), 'offline since 400');
  assert.equal(
    words(sighting(401, '#10')),
    'offline since 400',
    'what is lost while in doubt waits with the others',
  );
  const again = crowd(20);
  for (let id = 0; id < 6; id += 1) again.say(100, gone(id));
  for (let id = 6; id < 12; id += 1) again.say(200, gone(id));
  assert.equal(words(again.sighting(450, '#0')), 'unknown');
  assert.equal(words(again.sighting(501, '#0')), 'offline since 500');
});

test('a node that is lost twice within the window is given back both times', () => {
  const { say, sighting } = crowd(20);
  say(100, gone(0));
  say(102, added(0));
  say(110, gone(0));
  say(112, added(0));
  for (let id = 1; id < 6; id += 1) say(120, gone(id));
  assert.equal(words(sighting(130, '#0')), 'online since 112');
});

test('losses of an earlier doubt do not count for the next one', () => {
  const { say, sighting } = crowdOfShortDoubts();
  for (let id = 0; id < 6; id += 1) say(100, gone(id));
  say(115, gone(6));
  assert.equal(words(sighting(116, '#6')), 'offline since 115');
});

test('claims that come and go are not losses, and impostors that stay hide none', () => {
  const claims = scene(people(10).map((each) => ({ ...each, networkIds: [`id ${each.key}`] })));
  for (let id = 0; id < 10; id += 1) claims.say(1, added(id, { networkId: `id #${id}` }));
  for (let id = 0; id < 10; id += 1) claims.say(2, added(100 + id, { networkId: `id #${id}` }));
  for (let id = 0; id < 10; id += 1) claims.say(100, gone(100 + id));
  claims.say(101, gone(0));
  assert.equal(words(claims.sighting(102, '#0')), 'offline since 101');
  const { say, sighting } = crowd(10);
  for (let id = 0; id < 10; id += 1)
    say(50, added(100 + id, { name: `node ${id}`, networkId: `false ${id}` }));
  for (let id = 0; id < 5; id += 1) say(100, gone(id));
  assert.equal(words(sighting(101, '#0')), 'unknown');
});

/** Twenty nodes, and a doubt that ends before the window does. */
function crowdOfShortDoubts() {
  const made = scene(people(20), { rules: { massSettleMs: 10_000 } });
  for (let id = 0; id < 20; id += 1) made.say(1, added(id));
  return made;
}
