import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { shuffledOperators } from './leader.ts';
import { groupProblem, operatorAt, seatsOf, uniqueOperators } from './operators.ts';

const keyHash = new Uint8Array(20);

describe('operators and seats', () => {
  test('any printable texts are in the order of their bytes', () => {
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        const byBytes = [...new Set(texts)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        assert.deepEqual(uniqueOperators(texts), byBytes);
      }),
    );
  });

  test('seats count from 1 and belong to the operator that stands there', () => {
    const group = { keyHash, operators: ['b', 'a', 'b'] };
    assert.deepEqual(seatsOf(group, 'b'), [1, 3]);
    assert.deepEqual(seatsOf(group, 'c'), []);
    assert.equal(operatorAt(group, 2), 'a');
    assert.equal(operatorAt(group, 0), undefined);
    assert.equal(operatorAt(group, 4), undefined);
  });

  test('neither the order of seats nor their number changes who leads', () => {
    const operator = fc.constantFrom('0xA', '0xB', '0xa', '0xb', '0x1', '0x2');
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.array(operator, { minLength: 1, maxLength: 12 }), seed, (operators, bytes) => {
        const once = shuffledOperators(bytes, [...new Set(operators)].reverse());
        assert.deepEqual(shuffledOperators(bytes, operators), once);
      }),
    );
  });

  test('invalid groups are refused', () => {
    assert.equal(groupProblem({ keyHash, operators: ['a'] }), null);
    assert.match(String(groupProblem({ keyHash: new Uint8Array(19), operators: ['a'] })), /20 bytes; got 19/);
    assert.match(String(groupProblem({ keyHash, operators: [] })), /1 to 255 seats; got 0/);
    assert.match(String(groupProblem({ keyHash, operators: new Array(256).fill('a') })), /got 256/);
    for (const odd of ['', 'é', 'a b', '\u{1f600}']) {
      assert.match(String(groupProblem({ keyHash, operators: ['a', odd] })), /seat 2/);
    }
  });
});
