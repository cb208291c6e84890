import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAddress } from '@watchbill/chain/address';
import { added, at, DOWN, gone, SUBSCRIBED, scene, words } from './testing/feed.ts';

const KEY = `0x${'a1'.repeat(32)}`;
const OTHER_KEY = `0x${'b2'.repeat(32)}`;
const address = (publicKey: string, prefix = 42) => writeAddress({ prefix, publicKey });
const valueIn = (made: ReturnType<typeof scene>, seconds: number, key?: string) => {
  const fact = made.sighting(seconds, key);
  return fact.known ? fact.value : null;
};
const flagsIn = (made: ReturnType<typeof scene>, seconds: number) =>
  made.tracker
    .flags(at(seconds))
    .map(({ kind, key, why, networkId }) => `${kind} ${key} ${why} ${networkId}`);

test('a network id counts before a validator address, and that before a name', () => {
  const made = scene([
    { key: '#1', name: 'one', networkIds: ['id-1'] },
    { key: '#2', name: 'two', validatorKeys: [KEY] },
    { key: '#3', name: 'three' },
  ]);
  made.say(1, added(1, { name: 'two', networkId: 'id-1', validatorAddress: address(KEY) }));
  assert.equal(valueIn(made, 2, '#1')?.matchedBy, 'network-id');
  made.say(3, added(2, { name: 'three', networkId: 'id-2', validatorAddress: address(KEY, 0) }));
  assert.equal(valueIn(made, 4, '#2')?.matchedBy, 'validator-address', 'in whatever prefix');
  assert.equal(words(made.sighting(4, '#3')), 'never seen');
  made.say(5, added(3, { name: 'three', networkId: 'id-3' }));
  assert.equal(valueIn(made, 6, '#3')?.matchedBy, 'name');
});

test('defect 20: a node with the name of a candidate but not its declared network id is flagged, never merged', () => {
  const made = scene([{ key: '#1', name: 'one', networkIds: ['mine'] }]);
  made.say(1, added(1, { name: 'one', networkId: 'theirs' }));
  assert.equal(words(made.sighting(2)), 'never seen');
  made.say(3, added(2, { name: 'another name', networkId: 'mine' }));
  assert.equal(words(made.sighting(4)), 'online since 3');
  made.say(5, gone(2));
  assert.equal(words(made.sighting(6)), 'offline since 5');
  assert.deepEqual(flagsIn(made, 7), ['impostor #1 not-a-declared-network-id theirs']);
});

test('a second node of the name is flagged; it does not replace the first, but casts doubt on it', () => {
  const made = scene([{ key: '#1', name: 'one' }]);
  made.say(1, added(1, { name: 'one', networkId: 'first', version: '1.0.0' }));
  made.say(10, added(2, { name: 'one', networkId: 'second', version: '9.9.9' }));
  assert.deepEqual(flagsIn(made, 11), ['impostor #1 second-of-the-name second']);
  assert.equal(words(made.sighting(11)), 'online since 1');
  assert.deepEqual([valueIn(made, 11)?.implementation, valueIn(made, 11)?.version], ['', '']);
  made.say(20, gone(1));
  assert.equal(words(made.sighting(21)), 'unknown', 'which of the two is its own?');
  made.say(30, added(1, { name: 'one', networkId: 'first', version: '1.0.0' }));
  assert.equal(words(made.sighting(31)), 'online since 1');
  made.say(40, gone(1));
  made.say(50, gone(2));
  assert.equal(words(made.sighting(60)), 'offline since 50', 'neither is there');
});

test('several nodes of the name that run the same are known to run it; a key, which is public, ends no doubt', () => {
  const made = scene([{ key: '#1', name: 'one', validatorKeys: [KEY] }]);
  made.say(1, added(1, { name: 'one', networkId: 'first', version: '1.20.1' }));
  made.say(2, added(2, { name: 'one', networkId: 'second', version: '1.20.1' }));
  assert.equal(valueIn(made, 3)?.version, '1.20.1');
  made.say(4, added(3, { name: 'one', networkId: 'third', version: '9.9.9' }));
  assert.equal(valueIn(made, 5)?.version, '');
  made.say(
    6,
    added(2, { name: 'one', networkId: 'second', version: '1.20.1', validatorAddress: address(KEY) }),
  );
  assert.deepEqual([valueIn(made, 7)?.matchedBy, valueIn(made, 7)?.version], ['validator-address', '']);
});

test('defect 9: a name without its node for an hour goes to the next node; the age is that of the candidate', () => {
  const made = scene([{ key: '#1', name: 'one' }]);
  made.say(1, added(1, { name: 'one', networkId: 'first' }));
  made.say(10, added(2, { name: 'one', networkId: 'second' }));
  made.say(100, gone(1));
  assert.equal(words(made.sighting(3_700)), 'unknown');
  const after = valueIn(made, 3_702);
  assert.equal(words(made.sighting(3_702)), 'online since 10');
  assert.equal(after?.firstSeenMs, at(1), 'when the candidate was first seen');
  made.say(4_000, added(1, { name: 'one', networkId: 'first' }));
  assert.equal(valueIn(made, 4_001)?.firstSeenMs, at(1), 'the first one comes back to its own');
});

test('the hour of a name begins with the loss of the feed if its node was not seen to go', () => {
  const made = scene([{ key: '#1', name: 'one' }]);
  made.say(1, added(1, { name: 'one', networkId: 'first' }));
  made.say(5_000, DOWN);
  made.say(5_001, SUBSCRIBED);
  made.say(5_002, added(2, { name: 'one', networkId: 'second' }));
  assert.equal(words(made.sighting(8_600)), 'unknown');
  assert.equal(words(made.sighting(8_602)), 'online since 5002');
});

test('a key of another under the name of a candidate is an impostor; no key at all is the usual case', () => {
  const made = scene([{ key: '#1', name: 'one', validatorKeys: [KEY] }]);
  made.say(1, added(1, { name: 'one', networkId: 'x', validatorAddress: address(OTHER_KEY) }));
  assert.deepEqual(flagsIn(made, 2), ['impostor #1 key-of-another x']);
  assert.equal(words(made.sighting(2)), 'never seen');
  made.say(3, added(2, { name: 'one', networkId: 'y' }));
  assert.equal(valueIn(made, 4)?.matchedBy, 'name');
  made.say(5, added(2, { name: 'one', networkId: 'y', validatorAddress: address(KEY) }));
  assert.equal(valueIn(made, 6)?.matchedBy, 'validator-address', 'its key came later');
  assert.equal(words(made.sighting(6)), 'online since 3');
});

test('a false claim of the key makes no candidate offline and gives no false version', () => {
  const made = scene([{ key: '#1', name: 'one', validatorKeys: [KEY] }]);
  made.say(1, added(1, { name: 'one', networkId: 'true', version: '1.0.0' }));
  made.say(10, added(2, { name: 'x', networkId: 'false', validatorAddress: address(KEY), version: '0.1.0' }));
  assert.equal(valueIn(made, 15)?.version, '');
  made.say(20, gone(2));
  assert.equal(words(made.sighting(21)), 'online since 1');
  assert.equal(valueIn(made, 3_700)?.version, '1.0.0');
  made.say(4_000, added(3, { name: 'one', networkId: 'true', version: '0.0.1' }, at(3_999)));
  assert.equal(valueIn(made, 4_000)?.version, '1.0.0');
  made.say(4_001, added(1, { name: 'one', networkId: 'true', version: '1.0.1' }));
  assert.equal(valueIn(made, 4_002)?.version, '1.0.1', 'the listing that was there first speaks');
  assert.deepEqual(flagsIn(made, 4_002), ['same-identity-twice #1 two-starts true']);
  made.say(4_010, gone(3));
  assert.equal(words(made.sighting(4_011)), 'online since 1');
});

test('an id that two candidates claim belongs to neither', () => {
  const made = scene([
    { key: '#1', name: 'one', networkIds: ['shared'] },
    { key: '#2', name: 'two', networkIds: ['shared'] },
    { key: '#3', name: 'same' },
    { key: '#4', name: 'same' },
  ]);
  made.say(1, added(1, { name: 'x', networkId: 'shared' }));
  made.say(1, added(2, { name: 'same' }));
  for (const key of ['#1', '#2', '#3', '#4']) assert.equal(words(made.sighting(2, key)), 'never seen');
});

test('near misses are hints for candidates without a visible node, and no match', () => {
  const made = scene([
    { key: '#1', name: 'Alpha-Node' },
    { key: '#2', name: 'seen' },
    { key: '#3', name: 'validator 07' },
    { key: '#4', name: 'Zug' },
  ]);
  const names = ['alpha-node', ' Alpha-Node', 'Alpha\u200bNode', 'Alpha-Nodes', 'Beta-Node', 'Seen', 'seen'];
  for (const [id, name] of [...names, 'validator 70', 'validator 08', 'Zog', 'Zoo'].entries())
    made.say(1, added(id, { name }));
  assert.equal(words(made.sighting(2, '#1')), 'never seen');
  const hints = made.tracker.flags(at(2)).map(({ kind, key, name, why }) => `${kind} ${key} ${name} ${why}`);
  assert.deepEqual(hints, [
    'near-miss #1 alpha-node case',
    'near-miss #1  Alpha-Node blanks',
    'near-miss #1 Alpha\u200bNode blanks',
    'near-miss #1 Alpha-Nodes spelling',
    'near-miss #3 validator 70 spelling',
    'near-miss #4 Zog spelling',
  ]);
});

test('other candidates are found among nodes that were there before, and known ones keep what is known', () => {
  const made = scene([{ key: '#1', name: 'one' }]);
  made.say(1, added(1, { name: 'one' }));
  made.say(2, added(2, { name: 'two' }));
  made.tracker.watch(
    [
      { key: '#1', name: 'one' },
      { key: '#2', name: 'two' },
    ],
    at(50),
  );
  assert.equal(words(made.sighting(51, '#1')), 'online since 1');
  assert.equal(words(made.sighting(51, '#2')), 'online since 50');
  assert.equal(valueIn(made, 51, '#2')?.firstSeenMs, at(2));
  made.tracker.watch([{ key: '#1', name: 'renamed' }], at(60));
  assert.equal(words(made.sighting(61, '#1')), 'offline since 60');
});

test('claims cannot be piled up until a node is forgotten, and a key finds its place among names', () => {
  const made = scene([{ key: '#1', name: 'one', validatorKeys: [KEY] }], {
    rules: { mostNodesPerCandidate: 3, massLeastNodes: 50 },
  });
  made.say(1, added(1, { name: 'one', networkId: 'first' }));
  made.say(10, gone(1));
  for (let id = 2; id < 20; id += 1) made.say(id + 10, added(id, { name: 'one', networkId: `n${id}` }));
  made.say(40, added(1, { name: 'one', networkId: 'first' }));
  assert.equal(words(made.sighting(41)), 'online since 40, away 10-12');
  assert.equal(valueIn(made, 41)?.firstSeenMs, at(1));
  for (let id = 20; id < 25; id += 1)
    made.say(50, added(id, { name: 'x', networkId: `k${id}`, validatorAddress: address(KEY) }));
  assert.equal(valueIn(made, 51)?.matchedBy, 'validator-address');
  for (let id = 20; id < 25; id += 1) made.say(60, gone(id));
  assert.equal(words(made.sighting(61)), 'online since 40, away 10-12');
});

test('a key that was reported once stays with its network id', () => {
  const made = scene([{ key: '#1', name: 'one', validatorKeys: [KEY] }]);
  made.say(1, added(1, { name: 'x', networkId: 'mine', validatorAddress: address(KEY) }));
  made.say(2, gone(1));
  made.say(3, added(1, { name: 'one', networkId: 'mine' }));
  assert.equal(valueIn(made, 4)?.matchedBy, 'validator-address');
});

test('when the first listing of a node ends, the next speaks; a listing that changes hands is taken from the first', () => {
  const made = scene([
    { key: '#1', name: 'one' },
    { key: '#2', name: 'two' },
  ]);
  made.say(1, added(1, { name: 'one', networkId: 'x', version: '1.0.0' }));
  made.say(2, added(2, { name: 'one', networkId: 'x', version: '1.1.0' }));
  made.say(3, gone(1));
  assert.equal(valueIn(made, 4)?.version, '1.1.0');
  made.say(10, added(2, { name: 'two', networkId: 'x' }));
  assert.equal(words(made.sighting(11, '#1')), 'offline since 10');
  assert.equal(words(made.sighting(11, '#2')), 'online since 10');
});

test('a key is public: it does not override declared network ids', () => {
  const made = scene([{ key: '#1', name: 'one', networkIds: ['mine'], validatorKeys: [KEY] }]);
  made.say(1, added(1, { name: 'x', networkId: 'theirs', validatorAddress: address(KEY) }));
  assert.equal(words(made.sighting(2)), 'never seen');
});

test('a candidate keeps its age with another node key, and while only the name shows its node', () => {
  const made = scene([{ key: '#1', name: 'one', validatorKeys: [KEY] }]);
  made.say(1, added(1, { name: 'one', networkId: 'a', validatorAddress: address(KEY) }));
  made.say(5, gone(1));
  made.say(10, added(2, { name: 'one', networkId: 'b' }));
  assert.equal(words(made.sighting(4_000)), 'online since 3605.001, away 5-10');
  assert.deepEqual([valueIn(made, 4_000)?.matchedBy, valueIn(made, 4_000)?.firstSeenMs], ['name', at(1)]);
});

test('hints for one candidate are few, however many names are near', () => {
  const made = scene([{ key: '#1', name: 'validator-one' }]);
  for (const [id, letter] of [...'abcdefghijkl'].entries())
    made.say(1, added(id, { name: `validator-one${letter}` }));
  assert.equal(made.tracker.flags(at(2)).length, 4);
});
