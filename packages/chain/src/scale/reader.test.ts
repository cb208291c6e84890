import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex, hexOf } from './hex.ts';
import { scaleReader } from './reader.ts';

const reading = (hex: string) => scaleReader(bytesOfHex(hex, 'sample'), 'sample');
const malformed = (error: unknown): boolean => error instanceof NodeFault && error.code === 'malformed';

test('numbers are little-endian', () => {
  const reader = reading('0x01020000000300000000000080');
  assert.deepEqual([reader.u8(), reader.u32(), reader.u64()], [1, 2, 0x8000_0000_0000_0003n]);
  reader.end();
});

test('compact numbers of every width, from the examples of the SCALE specification', () => {
  const examples = [
    ['0x00', 0],
    ['0x04', 1],
    ['0xa8', 42],
    ['0x1501', 69],
    ['0xfeff0300', 65_535],
    ['0x02093d00', 1_000_000],
  ] as const;
  for (const [hex, value] of examples) {
    const reader = reading(hex);
    assert.equal(reader.compact(), value);
    reader.end();
  }
});

test('compact numbers: written and read again', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (value) => {
      const reader = scaleReader(compactBytes(value), 'sample');
      assert.equal(reader.compact(), value);
      reader.end();
    }),
  );
});

function compactBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  if (value < 2 ** 6) return bytes.fill(value * 4, 0, 1).subarray(0, 1);
  if (value < 2 ** 14) return bytes.subarray(0, bytes.writeUInt16LE(value * 4 + 1));
  if (value < 2 ** 30) return bytes.subarray(0, bytes.writeUInt32LE(value * 4 + 2));
  bytes[0] = 3;
  return bytes.subarray(0, bytes.writeUInt32LE(value, 1));
}

test('what is cut short, too long, or lies about its length is malformed', () => {
  for (const hex of ['0x', '0x010203']) assert.throws(() => reading(hex).u32(), malformed);
  assert.throws(() => reading('0x0c0102').bytes(), malformed);
  assert.throws(() => reading('0x0b00407a10f35a').compact(), malformed);
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
});
