import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEpoch, encodeEpoch, holdEpoch } from './epoch.ts';

test('the epoch record names the format of the ledger', () => {
  assert.equal(encodeEpoch({ epoch: '09aa', format: 2 }), '{"epoch":"09aa","v":2}');
  assert.deepEqual(decodeEpoch('{"epoch":"09aa","v":1}'), { epoch: '09aa', format: 1 });
});

test('a later format is refused with what to do', () => {
  assert.throws(() => decodeEpoch('{"epoch":"09aa","v":3}'), /has format 3, .* run the newer release/);
  for (const text of ['', '[]', 'null', '{"v":2}'])
    assert.throws(() => decodeEpoch(text), /the epoch record cannot be read/);
});

test('a running service follows the same epoch into format 2, and nothing else', () => {
  const one = encodeEpoch({ epoch: '09aa', format: 1 });
  const two = encodeEpoch({ epoch: '09aa', format: 2 });
  const holder = holdEpoch(one);
  assert.equal(holder.follow(encodeEpoch({ epoch: '10bb', format: 2 })), false, 'another epoch');
  assert.equal(holder.follow(null), false, 'no record');
  assert.deepEqual([holder.format, holder.epochText], [1, one]);
  assert.equal(holder.follow(one), true, 'the present record');
  assert.equal(holder.follow(two), true);
  assert.deepEqual([holder.format, holder.epochText, holder.epoch], [2, two, '09aa']);
  assert.equal(holder.follow(one), false, 'a store that went back to before the upgrade');
});
