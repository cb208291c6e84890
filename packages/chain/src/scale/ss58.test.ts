import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex, hexOf } from './hex.ts';
import { addressOfPublicKey, publicKeyOfAddress } from './ss58.ts';

const ALICE = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';

const ADDRESSES = [
  [42, '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY'],
  [0, '15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5'],
  [255, 'yGHXkYLYqxijLKKfd9Q2CB9shRVu8rPNBS53wvwGTutYg4zTg'],
] as const;

for (const [prefix, address] of ADDRESSES)
  test(`a key under the prefix ${prefix} is written as ${address} and read back`, () => {
    assert.equal(publicKeyOfAddress(address), ALICE);
    assert.equal(addressOfPublicKey(bytesOfHex(ALICE, 'Alice'), prefix), address);
  });

test('every prefix and every key is read back, leading zeros included', () => {
  for (const prefix of [0, 2, 63, 64, 255, 256, 1_000, 16_383])
    for (const first of [0, 1, 57, 255]) {
      const key = new Uint8Array(32).fill(first);
      key[31] = prefix % 251;
      assert.equal(publicKeyOfAddress(addressOfPublicKey(key, prefix)), hexOf(key));
    }
});

test('a mistyped, cut or foreign text is none', () => {
  const texts = [
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ',
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ',
    '0OIl',
    '',
    '1'.repeat(1_000),
  ];
  for (const text of texts)
    assert.throws(
      () => publicKeyOfAddress(text),
      (error: unknown) => error instanceof NodeFault && error.code === 'malformed',
      text,
    );
});
