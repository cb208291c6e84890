import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blake2b256 } from './blake2b.ts';

/**
 * Made with Python's hashlib: `blake2b(data, digest_size=32)`, the data being bytes 1, 8, 15, … modulo 256.
 */
const VECTORS = [
  [0, '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8'],
  [3, 'e43d000b0a37d6fcddcd15640107181a908675e1820dd5ae307155ffff196ba5'],
  [127, '3b03a73c3c02e3eef11be3e2e16c12ccf6090dea00aa861ded320910892e13ac'],
  [128, '6b89237e0a469a721c700b8bbcb51b6231c48e71ff023e0e3444ec84882ae32e'],
  [129, '524a9dc9d008a9ce1d9d2a111bcd10d2461a02dadf30ec5a47225501608a87eb'],
  [256, 'e7001e3026924e6650fcd5b274bc3ddf556a6c7fedfe038383c0f4ad5f26cfc9'],
  [300, 'e0cbf7ecc22ef5a0c9570771adfd8b52bd9cdf303fa5a9f66a459ee20ad14564'],
] as const;

test('the hash is that of another implementation, at every edge of a block', () => {
  for (const [length, expected] of VECTORS) {
    const data = Uint8Array.from({ length }, (_, index) => index * 7 + 1);
    assert.equal(Buffer.from(blake2b256(data)).toString('hex'), expected, `${length} bytes`);
  }
});
