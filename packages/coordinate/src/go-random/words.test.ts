import assert from 'node:assert/strict';
import { test } from 'node:test';
import { multiply, powerOfX, WORD_MASK } from './polynomial.ts';
import { checkedWords, computeWords, mixedInWords } from './words.ts';

test('the words pass the check of their digest and begin and end as published', () => {
  const words = computeWords().map((word) => BigInt.asIntN(64, word));
  assert.equal(words.length, 607);
  assert.equal(words[0], -4181792142133755926n);
  assert.equal(words[1], -4576982950128230565n);
  const { high, low } = mixedInWords();
  assert.equal((BigInt(high[0] ?? 0) << 32n) | BigInt((low[0] ?? 0) >>> 0), words[0]);
});

test('one wrong bit in one word is refused', () => {
  const words = computeWords().map((word, i) => (i === 606 ? word ^ 1n : word));
  assert.throws(() => checkedWords(words), /have the digest [0-9a-f]{64}, not 43adc05b/);
});

test('they are computed once', () => {
  assert.equal(mixedInWords(), mixedInWords());
});

test('a product is the school-book product modulo 2^64', () => {
  const a = [WORD_MASK, 2n, 0n, WORD_MASK];
  const b = [3n, WORD_MASK, 5n];
  const slow = Array.from({ length: 6 }, () => 0n);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      slow[i + j] = ((slow[i + j] ?? 0n) + x * y) & WORD_MASK;
    });
  });
  assert.deepEqual(multiply(a, b), slow);
});

test('a power of x steps a small recurrence as far as walking does', () => {
  // y[k] = y[k - 5] + y[k - 3], from 1, 2, 3, 4, 5: x^5 = x^2 + 1.
  const walk = [1n, 2n, 3n, 4n, 5n];
  for (let k = 5; k <= 300; k++) walk.push(((walk[k - 5] ?? 0n) + (walk[k - 3] ?? 0n)) & WORD_MASK);
  for (const steps of [0n, 1n, 4n, 5n, 6n, 17n, 300n]) {
    const power = powerOfX(steps, { degree: 5, middle: 2 });
    const value = power.reduce((sum, coefficient, i) => sum + coefficient * (walk[i] ?? 0n), 0n) & WORD_MASK;
    assert.equal(value, walk[Number(steps)], `${steps} steps`);
  }
});
