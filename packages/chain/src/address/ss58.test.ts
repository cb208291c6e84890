import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { base58 } from '@scure/base';
import fc from 'fast-check';
import { readAddress, writeAddress } from './ss58.ts';

// The development account Alice, as every Substrate tool prints it.
const ALICE = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';

test('Alice under three prefixes', () => {
  for (const [prefix, text] of [
    [0, '15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5'],
    [2, 'HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F'],
    [42, '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY'],
  ] as const) {
    assert.deepEqual(readAddress(text), { prefix, publicKey: ALICE });
    assert.equal(writeAddress({ prefix, publicKey: ALICE }), text);
  }
});

test('defect 29: every prefix is read and written, not only 0 and 2', () => {
  const key = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16_383 }), key, (prefix, publicKey) => {
      assert.deepEqual(readAddress(writeAddress({ prefix, publicKey })), { prefix, publicKey });
    }),
  );
});

test('what is not an address is null', () => {
  const good = writeAddress({ prefix: 0, publicKey: ALICE });
  const texts = ['', '0', good.slice(1), `${good}1`, good.replace('5', '6'), '1'.repeat(65), 'I'.repeat(48)];
  for (const text of texts) assert.equal(readAddress(text), null, text);
});

test('no other text stands for the same address: a changed character never passes', () => {
  const good = writeAddress({ prefix: 2, publicKey: ALICE });
  fc.assert(
    fc.property(
      fc.nat(good.length - 1),
      fc.constantFrom(...'123456789ABCDEFGHJKLMNPQRSTUVWXYZ'),
      (at, other) => {
        const text = good.slice(0, at) + other + good.slice(at + 1);
        fc.pre(text !== good);
        // Two bytes of checksum let one change in 65,536 through, but never to the same key and prefix.
        assert.notDeepEqual(readAddress(text), { prefix: 2, publicKey: ALICE });
      },
    ),
  );
});

test('a small prefix written in two bytes is not a second text for the same address', () => {
  // Prefix 5 as two bytes: the low six of its upper bits, then the rest.
  const body = Buffer.concat([Buffer.from([0b0100_0001, 0b0100_0000]), Buffer.from(ALICE.slice(2), 'hex')]);
  const sum = createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, 2);
  assert.equal(readAddress(base58.encode(Buffer.concat([body, sum]))), null);
  const plain = Buffer.concat([Buffer.from([5]), Buffer.from(ALICE.slice(2), 'hex')]);
  const plainSum = createHash('blake2b512').update('SS58PRE').update(plain).digest().subarray(0, 2);
  assert.deepEqual(readAddress(base58.encode(Buffer.concat([plain, plainSum]))), {
    prefix: 5,
    publicKey: ALICE,
  });
});
