import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { devChain } from './chain.ts';

const SPEC = { name: 'demo', startedAtMs: 1_000_000, blockMs: 1_000 };

describe('a dev chain', () => {
  test('has the same history after every start', () => {
    const [first, second] = [devChain(SPEC), devChain(SPEC)];
    const late = SPEC.startedAtMs + 10_500;
    for (let height = 0; height <= 5; height++) first.hashOf(height, SPEC.startedAtMs + height * 1_000);
    assert.deepEqual(first.hashOf(5, late), second.hashOf(5, late));
    assert.deepEqual(first.genesis, second.genesis);
    assert.notDeepEqual(devChain({ ...SPEC, name: 'other' }).genesis, first.genesis);
    assert.equal(second.bestAt(late), 10);
    assert.equal(second.finalAt(late), 9);
    assert.equal(second.hashOf(11, late), null);
    const hash = second.hashOf(7, late) ?? assert.fail();
    assert.equal(second.heightOf(Buffer.from(hash).toString('hex')), 7);
  });

  test('before its start it has its first block alone', () => {
    const chain = devChain(SPEC);
    assert.equal(chain.finalAt(0), 0);
    assert.deepEqual(chain.hashOf(0, 0), chain.genesis);
  });
});
