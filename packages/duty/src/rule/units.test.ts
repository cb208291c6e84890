import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  compareUnits,
  DUTIES,
  formatUnit,
  maxUnit,
  parseUnit,
  type Unit,
  type UnitField,
  unitBytes,
  unitHex,
  unitProblem,
} from './index.ts';

const slotNumber: readonly UnitField[] = [
  { name: 'slot', bits: 64 },
  { name: 'number', bits: 32 },
];

/** Any unit of the fields, with the ends of each width and near neighbours often among them. */
function unitsOf(fields: readonly UnitField[]): fc.Arbitrary<Unit> {
  const values = fields.map((field) => {
    const max = (1n << BigInt(field.bits)) - 1n;
    return fc.oneof(fc.bigInt(0n, max), fc.bigInt(0n, 300n), fc.constantFrom(0n, 255n, 256n, max - 1n, max));
  });
  return fc.tuple(...values);
}

describe('a unit is an ordered tuple of unsigned integers of exact width', () => {
  for (const { name, fields } of [...DUTIES, { name: 'slot and number', fields: slotNumber }]) {
    test(`${name}: the text form is canonical and comes back as it was`, () => {
      fc.assert(
        fc.property(unitsOf(fields), (unit) => {
          const parsed = parseUnit(fields, formatUnit(unit));
          assert.deepEqual(parsed, { ok: true, unit });
        }),
      );
    });

    test(`${name}: byte order and hex order are unit order`, () => {
      fc.assert(
        fc.property(unitsOf(fields), unitsOf(fields), (a, b) => {
          const order = Math.sign(compareUnits(a, b));
          assert.equal(Math.sign(Buffer.compare(unitBytes(fields, a), unitBytes(fields, b))), order);
          const [left, right] = [unitHex(fields, a), unitHex(fields, b)];
          assert.equal(left < right ? -1 : left > right ? 1 : 0, order);
          assert.equal(left, Buffer.from(unitBytes(fields, a)).toString('hex'));
        }),
      );
    });

    test(`${name}: the largest unit fits exactly and nothing beyond it does`, () => {
      const max = maxUnit(fields);
      assert.deepEqual(parseUnit(fields, formatUnit(max)), { ok: true, unit: max });
      assert.ok(unitBytes(fields, max).every((byte) => byte === 0xff));
      for (const [index, value] of max.entries()) {
        const beyond = max.with(index, value + 1n);
        assert.equal(parseUnit(fields, formatUnit(beyond)).ok, false);
        assert.throws(() => unitBytes(fields, beyond), RangeError);
        assert.match(unitProblem(fields, beyond) ?? '', /does not fit/);
        assert.match(unitProblem(fields, max.with(index, -1n)) ?? '', /does not fit/);
        assert.throws(() => unitBytes(fields, max.with(index, -1n)), RangeError);
      }
      assert.equal(unitProblem(fields, max), null);
    });
  }

  test('exactly one text names a unit: any text that parses is the text that would be written', () => {
    const alphabet = fc.constantFrom(
      '0',
      '1',
      '9',
      '/',
      '-',
      '+',
      ' ',
      '\n',
      '.',
      'e',
      'x',
      '٣',
      '18446744073709551615',
    );
    const text = fc.string({ unit: alphabet, maxLength: 8 });
    fc.assert(
      fc.property(text, fc.constantFrom(...DUTIES), (written, { fields }) => {
        const parsed = parseUnit(fields, written);
        if (parsed.ok) assert.equal(formatUnit(parsed.unit), written);
        else assert.ok(parsed.why.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  test('signs, spaces, leading zeros, other digits, excess fields and excess width are refused', () => {
    const slot: readonly UnitField[] = [{ name: 'slot', bits: 64 }];
    const texts = ['', '-1', '+1', ' 1', '1 ', '1\n', '01', '1.0', '1e3', '0x1', '٣', '1/2', '/', '1_0'];
    for (const text of [...texts, '18446744073709551616', '99999999999999999999', '9'.repeat(1_000_000)]) {
      assert.equal(parseUnit(slot, text).ok, false, JSON.stringify(text.slice(0, 30)));
    }
    for (const text of ['1', '1/', '/1', '1//2', '1/2/3', '1/4294967296', '1/-0'])
      assert.equal(parseUnit(slotNumber, text).ok, false, text);
    assert.deepEqual(parseUnit(slotNumber, '7'), { ok: false, why: 'expected slot/number' });
    assert.deepEqual(parseUnit(slotNumber, '7/4294967295'), { ok: true, unit: [7n, 4_294_967_295n] });
  });

  test('the order is total, and the leading field counts first', () => {
    const two = unitsOf(slotNumber);
    fc.assert(
      fc.property(two, two, two, (a, b, c) => {
        assert.equal(Math.sign(compareUnits(a, b)) + Math.sign(compareUnits(b, a)), 0);
        assert.equal(compareUnits(a, a), 0);
        if (compareUnits(a, b) <= 0 && compareUnits(b, c) <= 0) assert.ok(compareUnits(a, c) <= 0);
      }),
    );
    assert.ok(compareUnits([1n, 4_294_967_295n], [2n, 0n]) < 0);
    assert.ok(compareUnits([2n, 1n], [2n, 0n]) > 0);
  });
});

const slot: readonly UnitField[] = [{ name: 'slot', bits: 64 }];

test('a text that is longer than any unit is refused before its fields are read', () => {
  assert.deepEqual(parseUnit(slot, '9'.repeat(22)), { ok: false, why: 'expected slot' });
  assert.deepEqual(parseUnit(slot, '9'.repeat(20)), { ok: false, why: 'slot does not fit 64 bits' });
});
