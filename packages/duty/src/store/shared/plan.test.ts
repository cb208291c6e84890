import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transaction } from '../port.ts';
import { hasLease } from './plan.ts';

test('a transaction has a lease if one of its writes has', () => {
  const value = new Uint8Array();
  const write = (key: string, lease?: string) => ({ key, value, ...(lease === undefined ? {} : { lease }) });
  const has = (...writes: Transaction['writes']) => hasLease({ compares: [], writes });
  assert.deepEqual(
    [has(), has(write('a')), has(write('a'), write('b', '1')), has({ key: 'a', value: null })],
    [false, false, true, false],
  );
});
