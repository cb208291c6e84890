import assert from 'node:assert/strict';
import test from 'node:test';
import { killingFailpoint } from './failpoints.ts';

test('a delay holds up its place only', () => {
  const failpoint = killingFailpoint('before-transaction:delay=1');
  assert.equal(failpoint('before-append'), undefined);
  assert.equal(typeof killingFailpoint('before-transaction:delay=99999'), 'function');
});
