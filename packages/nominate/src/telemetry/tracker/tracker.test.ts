import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sightingShape } from '../../snapshot/record-shapes.ts';
import { added, at, DOWN, GENESIS, gone, START_MS, SUBSCRIBED, scene, words } from './testing/feed.ts';

const ONE = [{ key: '#1', name: 'node 1' }];

test('offline time is exact: from the removal to the next listing', () => {
  const { say, sighting } = scene(ONE);
  assert.equal(words(sighting(0)), 'never seen');
  say(1, added(1));
  assert.equal(words(sighting(50)), 'online since 1');
  say(100.25, gone(1));
  assert.equal(words(sighting(101)), 'offline since 100.25');
  say(130.75, added(7, { name: 'node 1' }));
  assert.equal(words(sighting(200)), 'online since 130.75, away 100.25-130.75');
  say(300, gone(7));
  say(310, added(1));
  const fact = sighting(400);
  assert.equal(words(fact), 'online since 310, away 100.25-130.75 300-310');
  assert.ok(fact.known && sightingShape.safeParse(fact.value).success, 'a snapshot takes it');
});

test('defect 19: a node that never reconnects stays online, however long ago it came', () => {
  const { say, sighting } = scene(ONE);
  say(1, added(1));
  assert.equal(words(sighting(90 * 86_400)), 'online since 1');
});

test('defect 20: subscriptions and details that come again count no node twice', () => {
  const { say, sighting, tracker } = scene(ONE);
  say(1, added(1));
  for (let round = 1; round <= 20; round += 1) {
    say(round * 100, DOWN);
    say(round * 100 + 2, SUBSCRIBED);
    say(round * 100 + 3, added(round + 1, { name: 'node 1' }));
    say(round * 100 + 4, added(round + 1, { name: 'node 1', version: '1.19.1' }));
  }
  assert.equal(tracker.report(at(3_000)).sources[0]?.nodes, 1);
  assert.equal(words(sighting(3_000)), 'online since 1');
  say(3_001, gone(21));
  assert.equal(words(sighting(3_002)), 'offline since 3001', 'one removal is enough');
});

test('defect 20: nodes lost while the feed was down are gone once it has settled, and not before', () => {
  const { say, sighting, tracker } = scene(ONE);
  say(1, added(1));
  say(100, DOWN);
  assert.equal(words(sighting(150)), 'unknown');
  say(200, SUBSCRIBED);
  assert.equal(words(sighting(259.999)), 'unknown');
  assert.equal(words(sighting(261)), 'offline since 260');
  assert.deepEqual(tracker.report(at(300)).outages, [{ fromMs: at(100), toMs: at(260) }]);
});

test('a node that was away before the outage is away since then, and the outage is in the list', () => {
  const { say, sighting, tracker } = scene(ONE);
  say(1, added(1));
  say(50, gone(1));
  say(100, DOWN);
  assert.equal(words(sighting(150)), 'unknown');
  say(200, SUBSCRIBED);
  assert.equal(words(sighting(300)), 'offline since 50');
  assert.deepEqual(tracker.report(at(300)).outages, [{ fromMs: at(100), toMs: at(260) }]);
  say(400, added(1));
  assert.equal(words(sighting(500)), 'online since 400, away 50-100 260-400');
});

test('removals that a server sends while it shuts down are not charged', () => {
  const { say, sighting, tracker } = scene(ONE);
  say(1, added(1));
  say(100, gone(1));
  say(104, DOWN);
  assert.equal(words(sighting(110)), 'unknown');
  say(120, SUBSCRIBED);
  say(135, added(1));
  assert.equal(words(sighting(300)), 'online since 135');
  assert.deepEqual(tracker.report(at(300)).outages, [{ fromMs: at(100), toMs: at(180) }]);
});

test('a subscription that is confirmed again, and one to another chain, have no effect', () => {
  const { say, tracker } = scene(ONE);
  say(1, added(1));
  say(10, SUBSCRIBED);
  assert.equal(tracker.report(at(11)).sources[0]?.state, 'hearing');
  say(20, DOWN);
  say(30, { kind: 'subscribed-to', genesisHash: `0x${'00'.repeat(32)}` });
  say(31, added(1));
  assert.equal(tracker.report(at(500)).sources[0]?.state, 'down');
  say(501, SUBSCRIBED);
  assert.equal(tracker.report(at(502)).sources[0]?.state, 'settling');
  say(503, { kind: 'unsubscribed-from', genesisHash: `0x${'00'.repeat(32)}` });
  say(504, { kind: 'unsubscribed-from', genesisHash: GENESIS });
  assert.equal(tracker.report(at(505)).sources[0]?.sinceMs, at(504));
});

test('absences and outages are kept for a month, and so many', () => {
  const { say, sighting, tracker } = scene(ONE, { rules: { mostOutages: 2 } });
  say(1, added(1));
  say(10, gone(1));
  say(20, added(1));
  const month = 31 * 86_400;
  say(month, gone(1));
  say(month + 5, added(1));
  assert.equal(words(sighting(month + 6)), `online since ${month + 5}, away ${month}-${month + 5}`);
  for (let round = 1; round <= 4; round += 1) {
    say(month + round * 200, DOWN);
    say(month + round * 200 + 1, SUBSCRIBED);
  }
  assert.deepEqual(
    tracker.report(at(month + 2_000)).outages.map(({ fromMs }) => fromMs),
    [at(month + 600), at(month + 800)],
  );
});

test('a node that came back before the feed went down is charged with its absence', () => {
  const { say, sighting } = scene(ONE);
  say(1, added(1));
  say(100, gone(1));
  say(102, added(1));
  say(104, DOWN);
  say(110, SUBSCRIBED);
  say(111, added(1));
  assert.equal(words(sighting(300)), 'online since 102, away 100-102');
});

test('a removal long before the feed went down does not belong to the shutdown', () => {
  const { say, sighting } = scene(ONE);
  say(1, added(1));
  say(80, gone(1));
  say(100, DOWN);
  say(101, SUBSCRIBED);
  say(102, added(1));
  assert.equal(words(sighting(300)), 'online since 102, away 80-100');
});

test('the chain is removed with its last node, which the feed does not name', () => {
  const { say, sighting } = scene(ONE);
  say(1, added(1));
  say(100, { kind: 'removed-chain', genesisHash: `0x${'00'.repeat(32)}` });
  assert.equal(words(sighting(101)), 'online since 1', 'another chain');
  say(110, { kind: 'removed-chain', genesisHash: GENESIS });
  assert.equal(words(sighting(120)), 'offline since 110');
});

test('a number that goes to another node without a removal takes the first one off', () => {
  const { say, sighting } = scene([...ONE, { key: '#2', name: 'node 2' }]);
  say(1, added(1));
  say(10, added(1, { name: 'node 2', networkId: 'other' }));
  assert.equal(words(sighting(20, '#1')), 'offline since 10');
  const second = sighting(20, '#2');
  assert.equal(words(second), 'online since 10');
  assert.equal(second.known && second.value?.firstSeenMs, at(10), 'it inherits no age');
});

test('stale nodes are online; a time that goes back counts as unchanged; an unknown source is a fault', () => {
  const { say, sighting, tracker } = scene(ONE);
  say(10, added(1));
  say(20, { kind: 'stale-node', id: 1 });
  assert.equal(words(sighting(30)), 'online since 10');
  say(5, gone(1));
  assert.equal(words(sighting(40)), 'offline since 30');
  assert.throws(() => tracker.take('b', DOWN, at(50)), RangeError);
});

test('before the first feed is connected all is unknown, and nodes before a subscription are ignored', () => {
  const { say, sighting, tracker } = scene(ONE, { heard: [] });
  say(-300, added(1));
  assert.equal(words(sighting(-200)), 'unknown');
  assert.equal(tracker.report(at(-200)).watchedSinceMs, null);
  say(-100, SUBSCRIBED);
  assert.equal(words(sighting(0)), 'never seen');
  assert.equal(tracker.report(at(0)).watchedSinceMs, START_MS - 40_000);
  assert.deepEqual(tracker.report(at(0)).outages, []);
});
