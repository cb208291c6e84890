import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkReference } from './reference.ts';
import { CHECKS } from './registry.ts';

test('every check has its text, its defaults and a schema of its parameters', () => {
  const rows = checkReference(CHECKS);
  assert.equal(rows.length, CHECKS.length);
  const online = rows.find(({ id }) => id === 'online');
  assert.deepEqual(
    [online?.formerly, online?.defaults],
    ['ONLINE', '{"graceMs":57600000,"provenOnly":false}'],
  );
  const stake = rows.find(({ id }) => id === 'self-stake');
  assert.equal(stake?.defaults, '{"honourSkip":true,"minimum":"10000000000000000000"}');
  for (const { schema } of rows) assert.equal((schema as { type: string }).type, 'object');
});
