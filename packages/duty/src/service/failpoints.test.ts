import assert from 'node:assert/strict';
import test from 'node:test';
import { killingFailpoint } from './failpoints.ts';

test('other places and earlier visits do nothing', async () => {
  const failpoint = killingFailpoint('before-append:3');
  await failpoint('before-append');
  await failpoint('after-append');
  await failpoint('before-append');
});

test('a delay holds up its place only', () => {
  const failpoint = killingFailpoint('before-transaction:delay=1');
  assert.equal(failpoint('before-append'), undefined);
  assert.equal(typeof killingFailpoint('before-transaction:delay=99999'), 'function');
});
