import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { keyFromSecret, newKey } from './from-secret.ts';
import { readyKeyCount } from './key-objects.ts';
import { KEY_SCHEMES, type KeyScheme } from './port.ts';
import { sameIdentity, verifySignature } from './verify.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const text = (words: string) => Uint8Array.from(Buffer.from(words));
const hexOf = (data: Uint8Array) => Buffer.from(data).toString('hex');

/** RFC 8032, section 7.1, tests 1 to 3: secret, public key, message, signature. */
const ED25519 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

/**
 * Nonces of RFC 6979 over SHA-256 with the secret 1, as Bitcoin's libraries publish them: message, signature.
 */
const SECP256K1 = [
  [
    'Satoshi Nakamoto',
    '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  ],
  [
    'All those moments will be lost in time, like tears in rain. Time to die...',
    '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
  ],
] as const;

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe('ed25519', () => {
  for (const [secret, publicKey, message, signature] of ED25519) {
    test(`the published vector of ${publicKey.slice(0, 8)}`, () => {
      const key = keyFromSecret('ed25519', bytes(secret));
      assert.equal(hexOf(key.publicKey), publicKey);
      assert.equal(hexOf(key.sign(bytes(message))), signature);
      assert.ok(verifySignature(key, bytes(message), bytes(signature)));
    });
  }

  test('s + L, which encodes the same number, is refused', () => {
    const [secret, , message, signature] = ED25519[1];
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${hexOf(bytes(signature).slice(32).reverse())}`) + order;
    const other = bytes(s.toString(16).padStart(64, '0')).reverse();
    const key = keyFromSecret('ed25519', bytes(secret));
    assert.equal(
      verifySignature(key, bytes(message), Uint8Array.from([...bytes(signature).slice(0, 32), ...other])),
      false,
    );
  });
});

describe('secp256k1', () => {
  const key = keyFromSecret('secp256k1', bytes('01'.padStart(64, '0')));

  test('the public key of the secret 1 is the generator', () => {
    assert.equal(hexOf(key.publicKey), '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');
  });

  for (const [message, signature] of SECP256K1) {
    test(`the published vector of "${message.slice(0, 16)}"`, () => {
      assert.equal(hexOf(key.sign(text(message))), signature);
      assert.ok(verifySignature(key, text(message), bytes(signature)));
    });
  }

  test('the high s of a good signature is refused', () => {
    const [message, signature] = SECP256K1[0];
    const s = SECP256K1_ORDER - BigInt(`0x${signature.slice(64)}`);
    assert.equal(verifySignature(key, text(message), bytes(signature.slice(0, 64) + s.toString(16))), false);
  });

  test('a number that is not a secret is refused, and not shown', () => {
    for (const secret of [new Uint8Array(32), bytes(SECP256K1_ORDER.toString(16))]) {
      assert.throws(() => keyFromSecret('secp256k1', secret), {
        name: 'RangeError',
        message: /between 1 and the order/,
      });
    }
  });
});

describe('sr25519', () => {
  test("Substrate's test pairs", () => {
    const pairs = [
      [
        hexOf(text('12345678901234567890123456789012')),
        '741c08a06f41c596608f6774259bd9043304adfa5d3eea62760bd9be97634d63',
      ],
      [
        'fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e',
        '46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a',
      ],
      [
        'e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a',
        'd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
      ],
    ] as const;
    for (const [secret, publicKey] of pairs) {
      assert.equal(hexOf(keyFromSecret('sr25519', bytes(secret)).publicKey), publicKey);
    }
  });

  test('a signature that another implementation published', () => {
    const publicKey = bytes('d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d');
    const message = text('I hereby verify that I control 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY');
    const signature = bytes(
      '1037eb7e51613d0dcf5930ae518819c87d655056605764840d9280984e1b7063c4566b55bf292fcab07b369d01095879b50517beca4d26e6a65866e25fec0d83',
    );
    assert.ok(verifySignature({ scheme: 'sr25519', publicKey }, message, signature));
    // The form before the marker bit names the same numbers.
    const withoutMarker = Uint8Array.from(signature);
    withoutMarker[63] = (signature[63] ?? 0) & 0x7f;
    assert.equal(verifySignature({ scheme: 'sr25519', publicKey }, message, withoutMarker), false);
  });
});

describe('every scheme', () => {
  for (const scheme of KEY_SCHEMES) {
    test(`${scheme}: the same message has the same signature, which is good for it alone`, () => {
      const key = newKey(scheme);
      const other = newKey(scheme);
      const message = text('one');
      const signature = key.sign(message);
      assert.equal(signature.length, 64);
      assert.deepEqual(key.sign(message), signature);
      assert.notDeepEqual(key.sign(text('two')), signature);
      assert.ok(verifySignature(key, message, signature));
      assert.equal(verifySignature(key, text('two'), signature), false);
      assert.equal(verifySignature(other, message, signature), false);
      assert.equal(sameIdentity(key, other), false);
      assert.ok(sameIdentity(key, { scheme, publicKey: Uint8Array.from(key.publicKey) }));
    });

    test(`${scheme}: a secret of another length is refused`, () => {
      assert.throws(() => keyFromSecret(scheme, new Uint8Array(31)), RangeError);
      assert.throws(() => keyFromSecret(scheme, new Uint8Array(64)), RangeError);
    });

    test(`${scheme}: whatever bytes come, the answer is false and no throw`, () => {
      const key = keyFromSecret(scheme, new Uint8Array(32).fill(7));
      const message = text('message');
      const good = key.sign(message);
      const anything = fc.uint8Array({ maxLength: 80 });
      const of64 = fc.uint8Array({ minLength: 64, maxLength: 64 });
      const property = fc.property(anything, of64, fc.nat(511), (short, long, bit) => {
        assert.equal(verifySignature(key, message, short), false);
        assert.equal(verifySignature(key, message, long), false);
        assert.equal(verifySignature({ scheme, publicKey: short }, message, good), false);
        assert.equal(verifySignature({ scheme, publicKey: long.slice(0, 32) }, message, good), false);
        const flipped = Uint8Array.from(good);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.equal(verifySignature(key, message, flipped), false);
        for (const more of [[0], [...good]]) {
          assert.equal(verifySignature(key, message, Uint8Array.from([...good, ...more])), false);
          const publicKey = Uint8Array.from([...key.publicKey, ...more]);
          assert.equal(verifySignature({ scheme, publicKey }, message, good), false);
        }
      });
      fc.assert(property, { numRuns: 60 });
    });
  }

  test('keys that are held ready have a bound', () => {
    const message = text('message');
    for (let i = 1; i <= 300; i++) {
      const key = keyFromSecret('ed25519', new Uint8Array(32).fill(i & 0xff, 0, 16).fill(i >> 8, 16));
      assert.ok(verifySignature(key, message, key.sign(message)));
    }
    assert.equal(readyKeyCount(), 256);
  });

  test('a key is another under another scheme', () => {
    const key = newKey('ed25519');
    const schemes: readonly KeyScheme[] = ['sr25519', 'secp256k1'];
    for (const scheme of schemes) {
      assert.equal(
        verifySignature({ scheme, publicKey: key.publicKey }, text('m'), key.sign(text('m'))),
        false,
      );
    }
  });
});
