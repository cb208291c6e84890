import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEpoch } from './epoch.ts';

test('another version is refused with what to do', () => {
  for (const version of [1, 3])
    assert.throws(
      () => decodeEpoch(`{"epoch":"09aa","v":${version}}`),
      new RegExp(`has version ${version}, this release reads version 2[.] .*begin a new ledger.*import`),
    );
  for (const text of ['', '[]', 'null', '{"v":2}'])
    assert.throws(() => decodeEpoch(text), /the epoch record cannot be read/);
});
