import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeFault } from '../rpc/fault.ts';
import { CodecFault, caught } from './codec-fault.ts';
import { bytesOfHex, hexOf } from './hex.ts';
import { compactBytes, numberBytes } from './number-bytes.ts';
import { scaleReader } from './reader.ts';

const reading = (hex: string) => scaleReader(bytesOfHex(hex, 'sample'), 'sample');
const malformed = (error: unknown): boolean => error instanceof NodeFault && error.code === 'malformed';

test('numbers are little-endian', () => {
  const reader = reading('0x01020000000300000000000080');
  assert.deepEqual([reader.u8(), reader.u32(), reader.u64()], [1, 2, 0x8000_0000_0000_0003n]);
  reader.end();
});

test('what is cut short, too long, or lies about its length is malformed', () => {
  for (const hex of ['0x', '0x010203']) assert.throws(() => reading(hex).u32(), malformed);
  assert.throws(() => reading('0x0c0102').bytes(), malformed);
  assert.throws(() => reading('0xfeffffff').list(() => 0), malformed);
  assert.throws(() => reading('0x00').end(), malformed);
});

test('lists and bytes take their length from before them', () => {
  const reader = reading('0x0c0102030801ff');
  assert.deepEqual(reader.list(reader.u8), [1, 2, 3]);
  assert.equal(hexOf(reader.bytes()), '0x01ff');
  reader.end();
});

test('hex is even, begins with 0x, and nothing else', () => {
  for (const text of ['0x0', 'ff', '0xgg', null, 7, '0xff '])
    assert.throws(() => bytesOfHex(text, 'it'), malformed);
  assert.deepEqual([...bytesOfHex('0xFf00', 'it')], [255, 0]);
  // A block or a storage value of several megabytes is an answer, and not a full stack of the pattern.
  assert.equal(bytesOfHex(`0x${'00'.repeat(8_000_000)}`, 'it').length, 8_000_000);
});

test('numbers: compact ones in their shortest form, as SCALE has them', () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, '00'],
    [63n, 'fc'],
    [64n, '0101'],
    [16383n, 'fdff'],
    [16384n, '02000100'],
    [1073741823n, 'feffffff'],
    [1073741824n, '0300000040'],
    [100000000000000n, '0b00407a10f35a'],
  ];
  for (const [value, hex] of cases) {
    assert.equal(Buffer.from(compactBytes(value)).toString('hex'), hex);
    assert.equal(scaleReader(Buffer.from(hex, 'hex')).compact(), value);
  }
  for (const longer of ['01000000', '0100', '02000000', '0300000000', '0700000000000000']) {
    const read = caught(() => scaleReader(Buffer.from(longer, 'hex')).compact());
    assert.ok(read instanceof CodecFault, longer);
  }
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 127n), max: (1n << 127n) - 1n }), (value) => {
      const read = scaleReader(numberBytes(value, 16)).unsigned(16);
      assert.equal(BigInt.asIntN(128, read), value);
    }),
  );
});
