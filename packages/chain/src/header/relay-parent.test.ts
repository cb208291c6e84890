import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeDigest } from './digest.ts';
import { relayParentOf } from './relay-parent.ts';

const IDENTIFIER = Buffer.from(Array.from({ length: 32 }, (_, at) => at + 1)).toString('hex');
const FIRST = 0x0102_0304_0506_0708n;
/** Index 4: an item of consensus. Then the engine, the length and the data. */
const item = (engine: string, data: string): string => {
  const length = Buffer.of((data.length / 2) << 2).toString('hex');
  return `0x04${Buffer.from(engine, 'latin1').toString('hex')}${length}${data}`;
};
const BY_HASH = item('CMLS', `00${IDENTIFIER}`);
/** The storage root, and 70,000 as a compact number. */
const BY_ROOT = item('RPSR', `${IDENTIFIER}c2450400`);
const of = (...logs: string[]) => relayParentOf(decodeDigest(logs).consensus);

test('the relay parent is named by its hash or its storage root; the first item counts', () => {
  assert.equal(of(BY_HASH), FIRST);
  assert.equal(of(BY_ROOT), FIRST);
  assert.equal(of(item('CMLS', `00${'ff'.repeat(32)}`), BY_ROOT), 2n ** 64n - 1n);
});

test('a chain without a relay chain has none, and an item of another kind or shape names none', () => {
  assert.equal(of(), null);
  assert.equal(of(item('FRNK', '00')), null);
  for (const broken of [
    item('CMLS', `01${IDENTIFIER}`),
    item('CMLS', `00${IDENTIFIER}00`),
    item('CMLS', `00${IDENTIFIER.slice(2)}`),
    item('RPSR', IDENTIFIER),
    item('CMLS', ''),
  ]) {
    assert.equal(of(broken), null, broken);
    assert.equal(of(broken, BY_ROOT), FIRST, `${broken}, then a whole one`);
  }
});
