import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keepNames, markName } from './kept-names.ts';

test('a kept name is the name of its three parts, whatever was named before', () => {
  const part = fc.constantFrom('', 'a', 'b', 'a/b', '__proto__', 'constructor');
  fc.assert(
    fc.property(part, part, part, (chain, key, duty) => {
      assert.equal(markName(chain, key, duty), `${chain}/${key}/${duty}`);
    }),
  );
});

test('names are made once, and all are forgotten beyond the bound', () => {
  let made = 0;
  const nameOf = keepNames((chain, key, duty) => {
    made += 1;
    return `${chain} ${key} ${duty}`;
  });
  const most = 16_384;
  for (let n = 0; n < most; n++) nameOf('c', String(n), 'd');
  for (let n = 0; n < most; n++) assert.equal(nameOf('c', String(n), 'd'), `c ${n} d`);
  assert.equal(made, most);
  nameOf('c', 'one more', 'd');
  nameOf('c', '0', 'd');
  assert.equal(made, most + 2);
});
