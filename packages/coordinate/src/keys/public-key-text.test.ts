import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { newOperatorKey } from './operator-key.ts';
import { KEY_SCHEMES } from './port.ts';
import { publicKeyFromText, publicKeyText } from './public-key-text.ts';

describe('a public key as text', () => {
  for (const scheme of KEY_SCHEMES) {
    test(`${scheme}: read as it was written`, () => {
      const { publicKey } = newOperatorKey(scheme);
      const text = publicKeyText({ scheme, publicKey });
      assert.match(text, new RegExp(`^${scheme}:0x[0-9a-f]+$`));
      assert.deepEqual(publicKeyFromText(text), { scheme, publicKey });
      assert.deepEqual(publicKeyFromText(text.replace('0x', '')), { scheme, publicKey });
    });
  }

  test('other texts are refused', () => {
    const hex = '00'.repeat(32);
    const texts = ['', hex, `0x${hex}`, `rsa:0x${hex}`, `ed25519:0x${hex}0`, `ed25519:0x${hex}00`];
    for (const text of [...texts, `secp256k1:0x${hex}`, ` ed25519:0x${hex}`, `ed25519:0x${hex}\n`]) {
      assert.equal(publicKeyFromText(text), null, text);
    }
    fc.assert(fc.property(fc.string(), (text) => assert.equal(publicKeyFromText(text), null)));
  });
});
