import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import { checksumAddress, ethereumAddress } from './ethereum-address.ts';

function publicKeyOf(privateKey: number): Uint8Array {
  const key = createECDH('secp256k1');
  key.setPrivateKey(Buffer.from(`${privateKey}`.padStart(64, '0'), 'hex'));
  return Uint8Array.from(key.getPublicKey(null, 'compressed'));
}

test('the addresses of the private keys 1, 2 and 3, as keep-core tests and every wallet print them', () => {
  assert.deepEqual([1, 2, 3].map(publicKeyOf).map(ethereumAddress), [
    '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf',
    '0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF',
    '0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69',
  ]);
});

test('the checksum of the examples of EIP-55', () => {
  for (const address of [
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])
    assert.equal(checksumAddress(address.toLowerCase()), address);
});

test('bytes that are no point are refused', () => {
  const key = publicKeyOf(1);
  for (const wrong of [new Uint8Array(33), key.subarray(1), Uint8Array.of(5, ...key.subarray(1))])
    assert.throws(() => ethereumAddress(wrong), RangeError);
});
