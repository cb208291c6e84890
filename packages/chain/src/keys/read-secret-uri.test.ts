import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hexOf } from '../scale/hex.ts';
import { keyFromSecret } from './from-secret.ts';
import { newMnemonic, publicKeyOfUri, readSecretUri } from './secret-uri.ts';

/** The public development phrase of Substrate and its seed. */
const PHRASE = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const SEED = '0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e';
const LONG = 'x'.repeat(40);

/** Scheme, what follows the phrase, public key; computed with `@polkadot/keyring` 13. */
const VECTORS = [
  ['sr25519', '', '0x46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a'],
  ['sr25519', '//Alice', '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d'],
  ['sr25519', '//Alice//stash', '0xbe5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f'],
  ['sr25519', '//7', '0xba8e2c7594dd74730f3ca835e95455d199261897edc9735d602ea29615e2b10b'],
  ['sr25519', '/Alice', '0xd6c71059dbbe9ad2b0ed3f289738b800836eb425544ce694825285b958ca755e'],
  [
    'sr25519',
    '//a/b//42/18446744073709551615',
    '0x769aaa61e9f2f07892dd85f3bbeea0361f889a7caf4d42745e1f8578bdcea741',
  ],
  ['sr25519', '///pass word', '0x9c686ab0ec6a4a47954acd00502bcec1dc13175b57f91d9afef48d091361df59'],
  ['sr25519', '//Alice///pässwörd', '0xaa71c4021c1febcb5b19cea617a29acb1974e721644d561ae4a260c1881f2018'],
  ['sr25519', `//${LONG}`, '0x62ff70144a831b8dc0e6dc91ff36bd55e415fb79c277523a3e2adb9bdfe0590e'],
  ['sr25519', '/0', '0xb696d3a7fbc9dd6648e18fd56169b90f3be49714133eaa464cbfd6ca79ab1310'],
  ['ed25519', '', '0x345071da55e5dccefaaa440339415ef9f2663338a38f7da0df21be5ab4e055ef'],
  ['ed25519', '//Alice', '0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee'],
  ['ed25519', '//Alice//stash', '0x451781cd0c5504504f69ceec484cc66e4c22a2b6a9d20fb1a426d91ad074a2a8'],
  ['ed25519', '//7', '0xfcecae0b9286c2d88942fdd35cb228941ddba1a238e2112779f5f4c73df022a5'],
  ['ed25519', '///pass word', '0x08682fb68ec4757fd679d8419e4d2a03ec394c21951a609eae7fe717f5a34c82'],
  ['ed25519', '//Alice///pässwörd', '0xd67f7241068292b853d01926a75d7d55501dfbf48f1eac6730e0292db23d8685'],
  ['ed25519', `//${LONG}`, '0xbc393b79be5b4ec36b6d99c39d1d334640bb6faa28063a905d9af16cb238e851'],
] as const;

function publicOf(uri: string, scheme: 'sr25519' | 'ed25519'): string {
  const read = readSecretUri(uri, scheme);
  assert.ok(read.ok, read.ok ? '' : read.why);
  return hexOf(keyFromSecret(scheme, read.secret).publicKey);
}

describe('a secret URI', () => {
  for (const [scheme, rest, key] of VECTORS)
    test(`gives the same ${scheme} key as Polkadot-JS for phrase and seed: ${JSON.stringify(rest)}`, () => {
      assert.equal(publicOf(`${PHRASE}${rest}`, scheme), key);
      if (!rest.includes('///')) assert.equal(publicOf(`${SEED}${rest}`, scheme), key);
    });

  test('is refused with a reason that shows no part of it', () => {
    const wrong = PHRASE.replace('walk', 'wolf');
    const cases: readonly (readonly [string, 'sr25519' | 'ed25519', RegExp])[] = [
      ['//Alice', 'sr25519', /public development phrase/],
      ['', 'sr25519', /neither a mnemonic nor a seed/],
      [`${PHRASE} fit`, 'sr25519', /got 13/],
      [PHRASE.replace('walk', 'walkk'), 'sr25519', /word 12 is not/],
      [wrong, 'sr25519', /checksum/],
      ['0xfac7', 'sr25519', /64 hexadecimal digits/],
      [`${PHRASE}/soft`, 'ed25519', /no soft derivation/],
    ];
    for (const [uri, scheme, why] of cases) {
      const read = readSecretUri(uri, scheme);
      assert.ok(!read.ok, uri);
      assert.match(read.why, why);
      for (const part of ['bottom', 'lonely', 'fac7', 'secret//', 'wolf'])
        assert.ok(!read.why.includes(part));
    }
  });
});

test('a new mnemonic has 24 words, is new each time, and can be read', () => {
  const one = newMnemonic();
  assert.notEqual(one, newMnemonic());
  assert.equal(one.split(' ').length, 24);
  assert.equal(publicOf(one, 'sr25519'), publicKeyOfUri('sr25519', one));
});
