import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFields, readVarints } from './reader.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const numbers = (hex: string) => readFields(bytes(hex))?.map(({ number }) => number) ?? null;
const groups = (depth: number) => {
  const data = new Uint8Array(2 * depth).fill(0x0b);
  return data.fill(0x0c, depth);
};

describe("fields as Go's protobuf reads them", () => {
  const rows: readonly (readonly [string, string, readonly number[] | null])[] = [
    ['nothing', '', []],
    ['a varint', '0801', [1]],
    ['a varint with leading zeros in ten bytes', '0881808080808080808000', [1]],
    ['a varint of more than 64 bits', '08ffffffffffffffffff02', null],
    ['a varint of eleven bytes', '088080808080808080808001', null],
    ['a varint that is cut off', '0880', null],
    ['eight and four bytes', '090000000000000000' + '0d00000000', [1, 1]],
    ['seven bytes instead of eight', '0900000000000000', null],
    ['bytes', '0a0161', [1]],
    ['bytes longer than the input', '0a0261', null],
    ['bytes of an absurd length', '0affffffffffffffff7f', null],
    ['field 0', '0001', null],
    ['the largest field', 'f8ffffff0f01', [2 ** 29 - 1]],
    ['a field above it', '808080801001', null],
    ['a wire type that does not exist', '0e', null],
    ['a group with a field in it', '0b08010c', [1]],
    ['a group that ends as another', '0b14', null],
    ['a group that does not end', '0b0801', null],
    ['an end without a beginning', '0c', null],
    ['a group in a group', '0b13140c', [1]],
    ['the largest field inside a group', '0bf8ffffff3f010c', [1]],
    ['a field above it', '0b8080808040010c', null],
    ['eight bytes inside a group', '0b0900000000000000000c', [1]],
  ];
  for (const [name, hex, expected] of rows) {
    test(name, () => assert.deepEqual(numbers(hex), expected));
  }

  test('groups may be nested 10,001 deep, not deeper', () => {
    assert.equal(readFields(groups(10_001))?.length, 1);
    assert.equal(readFields(groups(10_002)), null);
  });

  test('packed varints', () => {
    assert.deepEqual(readVarints(bytes('01ac02')), [1n, 300n]);
    assert.deepEqual(readVarints(bytes('')), []);
    assert.equal(readVarints(bytes('01ac')), null);
  });
});
