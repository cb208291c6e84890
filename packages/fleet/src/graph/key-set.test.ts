import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excludes, keysOf, useOf } from './key-set.ts';

test('who has the same keys excludes the other, unless both ask before they sign', () => {
  const [plain, gated] = [useOf('one', false), useOf('one', true)];
  assert.equal(keysOf(plain), keysOf(gated));
  assert.ok(excludes(plain, plain));
  assert.ok(excludes(plain, gated) && excludes(gated, plain));
  assert.ok(!excludes(gated, gated));
  assert.ok(!excludes(plain, useOf('two', false)) && !excludes(gated, useOf('two', true)));
  assert.ok(!excludes(null, plain) && !excludes(plain, null) && !excludes(null, null));
  assert.ok(excludes('born.tide.a', 'born.tide.a'));
});
