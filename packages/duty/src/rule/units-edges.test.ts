import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUnit, type UnitField } from './index.ts';

const slot: readonly UnitField[] = [{ name: 'slot', bits: 64 }];

test('a text that is longer than any unit is refused before its fields are read', () => {
  assert.deepEqual(parseUnit(slot, '9'.repeat(22)), { ok: false, why: 'expected slot' });
  assert.deepEqual(parseUnit(slot, '9'.repeat(20)), { ok: false, why: 'slot does not fit 64 bits' });
});
