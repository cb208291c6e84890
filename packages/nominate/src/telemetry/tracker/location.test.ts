import assert from 'node:assert/strict';
import { test } from 'node:test';
import { added, at, gone, scene } from './testing/feed.ts';

const BERLIN = { latitude: 52.5, longitude: 13.4, city: 'Berlin' };
const PARIS = { latitude: 48.9, longitude: 2.4, city: 'Paris' };
const located = (id: number, location: typeof BERLIN) => ({ kind: 'located-node', id, location }) as const;

function watched() {
  const made = scene([{ key: '#1', name: 'one', networkIds: ['mine'] }]);
  const city = (seconds: number) => made.tracker.report(at(seconds)).locations.get('#1')?.city ?? null;
  return { ...made, city };
}

test('a node has a place once the server locates it, when it connects or later', () => {
  const { say, city } = watched();
  say(1, added(1, { name: 'one', networkId: 'mine' }));
  assert.equal(city(2), null);
  say(3, located(1, BERLIN));
  assert.equal(city(4), 'Berlin');
  say(5, { ...added(1, { name: 'one', networkId: 'mine', version: '2.0.0' }), location: PARIS });
  assert.equal(city(6), 'Paris');
  // New details without a place keep the known one.
  say(7, added(1, { name: 'one', networkId: 'mine', version: '2.0.1' }));
  assert.equal(city(8), 'Paris');
  say(9, gone(1));
  assert.equal(city(10), null);
});

test('neither an impostor nor a second listing of its network id moves it', () => {
  const { say, city } = watched();
  say(1, added(1, { name: 'one', networkId: 'mine' }));
  say(2, located(1, BERLIN));
  say(3, added(2, { name: 'one', networkId: 'theirs' }));
  say(4, located(2, PARIS));
  say(5, added(3, { name: 'one', networkId: 'mine' }));
  say(6, located(3, PARIS));
  say(7, located(99, PARIS));
  assert.equal(city(8), 'Berlin');
  // The second listing speaks for it once the first is gone.
  say(9, gone(1));
  assert.equal(city(10), 'Paris');
});

test('an address that a server shows is reported for its candidate while the node is there, and is not remembered', () => {
  const made = scene([{ key: '#1', name: 'one', networkIds: ['mine'] }]);
  const ip = (seconds: number) => made.tracker.report(at(seconds)).addresses.get('#1') ?? null;
  made.say(1, added(1, { name: 'one', networkId: 'mine', ip: '203.0.113.7' }));
  assert.equal(ip(2), '203.0.113.7');
  made.say(3, added(2, { name: 'one', networkId: 'theirs', ip: '198.51.100.1' }));
  made.say(4, added(3, { name: 'one', networkId: 'mine', ip: '198.51.100.2' }));
  assert.equal(ip(5), '203.0.113.7');
  assert.ok(!JSON.stringify(made.tracker.memory(at(6))).includes('203.0.113'));
  made.say(7, added(1, { name: 'one', networkId: 'mine' }));
  assert.equal(ip(8), '203.0.113.7');
  made.say(9, gone(1));
  made.say(10, gone(3));
  assert.equal(ip(11), null);
  const both = scene([{ key: '#1', name: 'one' }]);
  both.say(1, added(1, { name: 'one', networkId: 'a', ip: '203.0.113.7' }));
  both.say(2, added(2, { name: 'one', networkId: 'b', ip: '203.0.113.8' }));
  assert.equal(both.tracker.report(at(3)).addresses.size, 0);
});

test('a candidate that is watched later has the place that was located before', () => {
  const { tracker, say } = watched();
  say(1, added(5, { name: 'other', networkId: 'o' }));
  say(2, located(5, PARIS));
  tracker.watch([{ key: '#2', name: 'other' }], at(3));
  assert.equal(tracker.report(at(4)).locations.get('#2')?.city, 'Paris');
});
