import assert from 'node:assert/strict';
import test from 'node:test';
import { holdsKey, placementKey, type Region } from './placement.ts';

test('keys are encoded as PD shows the borders of regions', () => {
  // As a real PD told the borders that the store makes at `m` and `n`.
  assert.equal(placementKey('m'), '6D00000000000000F8');
  assert.equal(placementKey('n'), '6E00000000000000F8');
  assert.equal(placementKey('/w/5'), '2F772F3500000000FB');
  assert.equal(placementKey('12345678'), '3132333435363738FF0000000000000000F7');
});

test('the order of keys stays, also at the length of a group', () => {
  const keys = ['', 'a', 'a\u0001', 'aaaaaaa', 'aaaaaaaa', 'aaaaaaaa\u0001', 'aaaaaaab', 'b'];
  const encoded = keys.map(placementKey);
  assert.deepEqual([...encoded].sort(), encoded);
});

test('a region holds its start, and all below its end; one without an end has none', () => {
  const region: Region = {
    id: 1,
    startKey: placementKey('b'),
    endKey: placementKey('d'),
    leaderStore: 1,
    peers: [],
  };
  const held = ['a', 'b', 'c', 'd'].filter((key) => holdsKey(region, placementKey(key)));
  assert.deepEqual(held, ['b', 'c']);
  assert.ok(holdsKey({ ...region, endKey: '' }, placementKey('zzz')));
});
