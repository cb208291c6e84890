import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { opener, SEAL_BYTES, sealer } from './sealing.ts';

const KEY = new Uint8Array(32).fill(7);

describe('sealed messages of one direction', () => {
  test('open one after another', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (messages) => {
        const seal = sealer(KEY);
        const open = opener(KEY);
        for (const message of messages) {
          const sealed = seal(message);
          assert.equal(sealed.length, message.length + SEAL_BYTES);
          assert.deepEqual(open(sealed), message);
        }
      }),
    );
  });

  test('do not open a second time, out of order, altered, cut or under another key', () => {
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)].map(sealer(KEY));
    assert.ok(first !== undefined && second !== undefined);
    const repeated = opener(KEY);
    assert.deepEqual(repeated(first), Uint8Array.of(1));
    assert.equal(repeated(first), null);
    assert.equal(opener(KEY)(second), null);
    assert.equal(opener(new Uint8Array(32))(first), null);
    for (let at = 0; at < first.length; at++) {
      const altered: Uint8Array = Uint8Array.from(first);
      altered.set([(first[at] ?? 0) ^ 1], at);
      assert.equal(opener(KEY)(altered), null);
      assert.equal(opener(KEY)(first.slice(0, at)), null);
    }
  });
});
