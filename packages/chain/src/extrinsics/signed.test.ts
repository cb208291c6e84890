import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCall } from './call.ts';
import { encodeEra, periodWithin } from './era.ts';
import { blake2Hash } from './hash.ts';
import type { ChainMetadata } from './metadata.ts';
import { readExtrinsic } from './read-extrinsic.ts';
import { proxiedCall, setKeysCall } from './session-calls.ts';
import { type ExtrinsicSigner, signedExtrinsic } from './signed.ts';
import { ALICE, DEVNET } from './testing/metadata.ts';

const HASH = `0x${'11'.repeat(32)}`;

/** The signature covers the requested bytes. */
function fakeSigner(scheme = 'ed25519'): ExtrinsicSigner & { readonly asked: Uint8Array[] } {
  const asked: Uint8Array[] = [];
  const sign = (message: Uint8Array): Uint8Array => {
    asked.push(message);
    return Uint8Array.from(createHash('sha512').update(message).digest());
  };
  return { scheme, publicKey: new Uint8Array(32).fill(7), sign, asked };
}

function parts(signer: ExtrinsicSigner, metadata: ChainMetadata = DEVNET, remark = '0x01') {
  const call = encodeCall(DEVNET, 'System', 'remark', { remark });
  assert.ok(call.result === 'bytes');
  return {
    metadata,
    call: call.bytes,
    signer,
    nonce: 300,
    tip: 5n,
    era: { birth: 42n, period: 64 },
    birthHash: `0x${'22'.repeat(32)}`,
    genesis: HASH,
    specVersion: 9,
    transactionVersion: 3,
  };
}

test('the bytes and the signed parts are in the order of the runtime', () => {
  const signer = fakeSigner();
  const signed = signedExtrinsic(parts(signer));
  assert.ok(signed.result === 'signed');
  const call = '00000401';
  // Era, nonce 300, tip 5, no metadata hash.
  const inside = 'a502b1041400';
  const besides = `0900000003000000${'11'.repeat(32)}${'22'.repeat(32)}00`;
  assert.equal(Buffer.from(signer.asked[0] ?? []).toString('hex'), call + inside + besides);
  const signature = createHash('sha512')
    .update(signer.asked[0] ?? '')
    .digest('hex');
  const body = `8400${'07'.repeat(32)}00${signature}${inside}${call}`;
  assert.equal(Buffer.from(signed.bytes).subarray(2).toString('hex'), body);
  assert.equal(signed.hash, blake2Hash(signed.bytes));
  const read = readExtrinsic(DEVNET, signed.bytes);
  assert.deepEqual(read, {
    author: { account: new Uint8Array(32).fill(7), nonce: 300 },
    call: Uint8Array.from(Buffer.from(call, 'hex')),
  });
});

test('what is longer than 256 bytes is signed by its hash; sr25519 has another tag; secp256k1 is refused', () => {
  const signer = fakeSigner('sr25519');
  const signed = signedExtrinsic(parts(signer, DEVNET, `0x${'ab'.repeat(300)}`));
  assert.ok(signed.result === 'signed');
  assert.equal(signer.asked[0]?.length, 32);
  assert.equal(signed.bytes[2 + 1 + 33], 1);
  const other = signedExtrinsic(parts(fakeSigner('secp256k1')));
  assert.equal(other.result === 'refused' ? other.code : '', 'unsupported-scheme');
});

test('an extension that is not known is refused by its name, unless nothing stands for it', () => {
  const empty = DEVNET.extensions.find(({ name }) => name === 'CheckWeight');
  const full = DEVNET.extensions.find(({ name }) => name === 'CheckNonce');
  assert.ok(empty !== undefined && full !== undefined);
  const withOne = (extension: typeof empty): ReturnType<typeof signedExtrinsic> =>
    signedExtrinsic(
      parts(fakeSigner(), { ...DEVNET, extensions: [...DEVNET.extensions, { ...extension, name: 'New' }] }),
    );
  assert.equal(withOne(empty).result, 'signed');
  const refused = withOne(full);
  assert.ok(refused.result === 'refused');
  assert.match(`${refused.code}: ${refused.detail}`, /^unknown-extension: .* New,/);
});

test('eras are encoded as sp_runtime does', () => {
  assert.deepEqual([...encodeEra({ birth: 42n, period: 64 })], [5 + (42 % 16) * 16, Math.floor(42 / 16)]);
  assert.deepEqual([...encodeEra({ birth: 64n, period: 4 })], [1, 0]);
  assert.deepEqual([...encodeEra({ birth: 4095n, period: 4096 })], [0xfb, 0xff]);
  for (const period of [0, 2, 63, 8192]) assert.throws(() => encodeEra({ birth: 1n, period }), RangeError);
  assert.deepEqual(
    [3n, 4n, 63n, 64n, 5_000n].map((blocks) => periodWithin(blocks, 9_999n)),
    [null, 4, 32, 64, 4096],
  );
  assert.equal(periodWithin(5_000n, 2_400n), 2048);
});

test('extrinsics that cannot be read are null, whatever their bytes', () => {
  const signed = signedExtrinsic(parts(fakeSigner()));
  assert.ok(signed.result === 'signed');
  for (let length = 0; length < signed.bytes.length; length += 1)
    assert.equal(readExtrinsic(DEVNET, signed.bytes.subarray(0, length)), null);
  assert.equal(readExtrinsic(DEVNET, Uint8Array.of(...signed.bytes, 0)), null);
  assert.equal(readExtrinsic(DEVNET, Uint8Array.of(4, 0x45)), null, 'of a version that is not read');
  assert.deepEqual(readExtrinsic(DEVNET, Uint8Array.of(8, 4, 9)), { author: null, call: Uint8Array.of(9) });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readExtrinsic(DEVNET, bytes);
    }),
  );
});

test('set_keys and a proxy around it', () => {
  const keys = new Uint8Array(128).fill(3);
  const direct = setKeysCall(DEVNET, keys, Uint8Array.of(1, 2));
  assert.ok(direct.result === 'bytes');
  assert.equal(Buffer.from(direct.bytes).toString('hex'), `0800${'03'.repeat(128)}080102`);
  assert.equal(setKeysCall(DEVNET, keys.subarray(1), Uint8Array.of()).result, 'refused');
  const proxied = proxiedCall(DEVNET, ALICE, 'StakingOperator', direct.bytes);
  assert.ok(proxied.result === 'bytes');
  assert.ok(
    Buffer.from(proxied.bytes)
      .toString('hex')
      .endsWith(`0103${Buffer.from(direct.bytes).toString('hex')}`),
  );
  assert.equal(proxiedCall(DEVNET, ALICE, 'Nothing', direct.bytes).result, 'refused');
});
