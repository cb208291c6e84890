import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compact, headerHash } from './header-hash.ts';
import { FIXTURE_HEADER } from './testing/header.ts';

test('the hash is the one by which the node knows the header', () => {
  assert.equal(headerHash(FIXTURE_HEADER.raw), FIXTURE_HEADER.hash);
});

test('another seal is another header', () => {
  const { raw } = FIXTURE_HEADER;
  const [claim = '', seal = ''] = raw.digest.logs;
  const other = { ...raw, digest: { logs: [claim, `${seal.slice(0, -2)}00`] } };
  assert.notEqual(headerHash(other), FIXTURE_HEADER.hash);
});

test('compact numbers at every edge', () => {
  const hex = (value: number): string => Buffer.from(compact(value)).toString('hex');
  assert.deepEqual([0, 63, 64, 16_383, 16_384, 2 ** 30 - 1].map(hex), [
    '00',
    'fc',
    '0101',
    'fdff',
    '02000100',
    'feffffff',
  ]);
  for (const wrong of [-1, 1.5, 2 ** 30]) assert.throws(() => compact(wrong), RangeError);
});
