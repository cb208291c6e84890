import assert from 'node:assert/strict';
import { test } from 'node:test';
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
