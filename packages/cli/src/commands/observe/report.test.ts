import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCKS } from '@watchbill/chain/observe';
import { DEFAULT_LIMITS } from '@watchbill/permit';
import { signaturesOf } from './report.ts';

test('the longest report of blocks fits the body that a service takes', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const longest = {
    ...{ duty: 'babe' as const, key: hash, digest: hash, hash, parentHash: hash },
    ...{ slot: 2n ** 64n - 1n, number: Number.MAX_SAFE_INTEGER },
  };
  const report = signaturesOf(
    hash,
    Array.from({ length: MAX_BLOCKS }, () => longest),
  );
  const { length } = JSON.stringify(report);
  assert.ok(length < DEFAULT_LIMITS.bodyBytes, `${length} bytes`);
  assert.ok(MAX_BLOCKS >= 32, 'a gap is closed in few reports');
});
