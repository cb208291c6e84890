import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicKeyOfUri, type SessionScheme } from './secret-uri.ts';

const DEV = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const HEX = '0x0102030405060708091011121314151617181920212223242526272829303132';
const LONG =
  'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title';

/** Printed by `key inspect --scheme` of a node of polkadot-sdk. */
const VECTORS: readonly (readonly [SessionScheme, string, string])[] = [
  ['sr25519', '//Alice', '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d'],
  ['ed25519', '//Alice', '0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee'],
  ['ecdsa', '//Alice', '0x020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1'],
  [
    'sr25519',
    `${DEV}//12//word/soft/7`,
    '0x8c61c183c0b438c9e01d5825c641d4d9cd8ece74701eacfd83ad09360cb9ee13',
  ],
  [
    'sr25519',
    `${DEV}//a very long junction that has more than thirty-two bytes///pass`,
    '0x14b1d2afdb7b8038737cbacc18f61dc1028539883df5e990c834c2c0c4110653',
  ],
  ['ed25519', `${HEX}//1`, '0xc553104cdbbe4c24a179736cd0626e4eee58bdcb2fa7c1bf3c5117fb61c0c383'],
  ['ecdsa', `${DEV}///secret`, '0x022de8a51c80cba63d8d3480e456bbc612c7cdd5f493033596f6141a9cf183c44d'],
  ['ed25519', `${LONG}//x`, '0x1e0fbc8e5fe863099dd0404e15e7bf51884f057d3be4b982bf59d9a714e1e44b'],
  ['sr25519', HEX, '0xccb0911504456f22e11c36fddc585ab165966ba3f6f1acccc0917fbc9c4f9227'],
  ['sr25519', '//18446744073709551616', '0x7a3a2cd9e94ed6f8956cbd929b84d4cf6267b2c8a371a4ba8737ff4ac5252f0c'],
  ['sr25519', '//007', '0xba8e2c7594dd74730f3ca835e95455d199261897edc9735d602ea29615e2b10b'],
  ['ecdsa', `${DEV}//0`, '0x0356d97b3f7456436b315d53bc22f39414ed493db5d76d2edc2ce30a09c7ed9117'],
];

test('a public key is the one that the node prints', () => {
  for (const [scheme, uri, expected] of VECTORS) assert.equal(publicKeyOfUri(scheme, uri), expected, uri);
});

test('spaces around and between words do not matter', () => {
  assert.equal(
    publicKeyOfUri('ed25519', `  ${DEV.replaceAll(' ', '  ')}//x \n`),
    publicKeyOfUri('ed25519', `${DEV}//x`),
  );
});

test('a text that is not a URI of the scheme has no key', () => {
  for (const uri of ['//Alice/soft', DEV.replace('walk', 'fit'), '0x1234', 'ten words', '', ' ', 'a/b//'])
    assert.equal(publicKeyOfUri('ed25519', uri), uri.trim() === '' ? DEVELOPMENT_ROOT : null, uri);
});

/** Of an empty URI, which Substrate takes for the development phrase. */
const DEVELOPMENT_ROOT = '0x345071da55e5dccefaaa440339415ef9f2663338a38f7da0df21be5ab4e055ef';
