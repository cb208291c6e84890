import assert from 'node:assert/strict';
import test from 'node:test';
import { FAILPOINTS, killingFailpoint } from './failpoints.ts';

test('a failpoint is given by name and visit, anything else is refused', () => {
  for (const name of FAILPOINTS) assert.equal(typeof killingFailpoint(`${name}:1`), 'function');
  for (const text of [
    '',
    'nowhere:1',
    'before-reply',
    'before-reply:0',
    'before-reply:x',
    'before-reply:1.5',
    'before-reply:delay=0',
    'nowhere:delay=5',
  ]) {
    assert.throws(() => killingFailpoint(text), RangeError, text);
  }
});

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
