import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { storageItem } from '../extrinsics/item.ts';
import type { Json } from '../extrinsics/json.ts';
import { encodeValue } from '../extrinsics/value-encode.ts';
import { metadataFixture } from '../testing/index.ts';
import { bigOf, bytes32Of, countOf, listOf, memberOf, ShapeFault, textOf, variantOf } from './plain.ts';
import { plainValue } from './plain-decode.ts';

const ACCOUNT = `0x${'12'.repeat(32)}`;

function decode(runtime: Parameters<typeof metadataFixture>[0], pallet: string, item: string, value: Json) {
  const metadata = metadataFixture(runtime);
  const found = storageItem(metadata, pallet, item);
  assert.ok(found);
  return plainValue(metadata, found.valueType, encodeValue(metadata, found.valueType, value));
}

test('accounts are keys, large numbers are bigints, variants have a type', () => {
  assert.deepEqual(
    decode('kusama-1000000', 'Staking', 'ErasStakers', {
      total: '340282366920938463463374607431768211455',
      own: '1',
      others: [{ who: ACCOUNT, value: '1073741824' }],
    }),
    { total: 2n ** 128n - 1n, own: 1n, others: [{ who: ACCOUNT, value: 2n ** 30n }] },
  );
  assert.deepEqual(decode('kusama-1000000', 'Staking', 'Payee', { type: 'Account', value: ACCOUNT }), {
    type: 'Account',
    value: ACCOUNT,
  });
});

test('an identity of each shape reads back', () => {
  const raw = (text: string): Json => {
    const bytes = Buffer.from(text);
    return {
      type: `Raw${bytes.length}`,
      value: bytes.length === 1 ? (bytes[0] ?? 0) : `0x${bytes.toString('hex')}`,
    };
  };
  const none = { type: 'None' };
  const info = {
    display: raw('A fine name'),
    legal: none,
    web: none,
    matrix: none,
    email: none,
    pgp_fingerprint: null,
    image: none,
    twitter: none,
    github: none,
    discord: none,
  };
  const registration = { judgements: [[0, { type: 'Reasonable' }]], deposit: '5', info };
  const value = decode('people-2026', 'Identity', 'IdentityOf', registration as Json);
  assert.equal(variantOf(listOf(listOf(memberOf(value, 'judgements'))[0])[1]), 'Reasonable');
  const display = memberOf(memberOf(value, 'info'), 'display');
  assert.equal(Buffer.from(textOf(memberOf(display, 'value')).slice(2), 'hex').toString(), 'A fine name');
});

test('any bytes give a value or a shape fault, and never anything else', () => {
  const metadata = metadataFixture('westend-1015000');
  const types = ['Ledger', 'Nominators', 'ErasRewardPoints', 'ActiveEra', 'UnappliedSlashes'].map((name) => {
    const item = storageItem(metadata, 'Staking', name);
    assert.ok(item);
    return item.valueType;
  });
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
      try {
        plainValue(metadata, type, bytes);
      } catch (error) {
        assert.ok(error instanceof ShapeFault);
      }
    }),
  );
});

test('a length that lies allocates nothing', () => {
  const metadata = metadataFixture('westend-1015000');
  const item = storageItem(metadata, 'Staking', 'ClaimedRewards');
  assert.ok(item);
  const { valueType } = item;
  assert.throws(
    () => plainValue(metadata, valueType, Uint8Array.of(0xfe, 0xff, 0xff, 0xff)),
    /longer than the bytes/,
  );
});

test('what is taken from a value has the kind that is asked for', () => {
  assert.equal(countOf(5n), 5);
  assert.equal(bigOf(5), 5n);
  assert.equal(bytes32Of(ACCOUNT), ACCOUNT);
  for (const wrong of [
    () => countOf(2n ** 60n),
    () => countOf(-1n),
    () => bigOf('5'),
    () => bytes32Of('0x12'),
    () => listOf({}),
    () => textOf(5),
    () => memberOf({ a: 1 }, 'b'),
    () => memberOf(null, 'b'),
    () => memberOf([1], '0'),
    () => variantOf({ value: 1 }),
  ])
    assert.throws(wrong, ShapeFault);
});
