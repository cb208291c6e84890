import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUnit, type UnitField } from './index.ts';

const slot: readonly UnitField[] = [{ name: 'slot', bits: 64 }];
const block: readonly UnitField[] = [{ name: 'block', bits: 32 }];

test('a text that is longer than any unit is refused before its fields are read', () => {
  assert.deepEqual(parseUnit(slot, '9'.repeat(22)), { ok: false, why: 'expected slot' });
  assert.deepEqual(parseUnit(slot, '9'.repeat(20)), { ok: false, why: 'slot does not fit 64 bits' });
});

test('a refusal names the field and its width', () => {
  assert.deepEqual(parseUnit(block, '4294967296'), { ok: false, why: 'block does not fit 32 bits' });
  assert.deepEqual(parseUnit(block, '01'), { ok: false, why: 'block is not a canonical decimal number' });
});
