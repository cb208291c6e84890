import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCall } from './call.ts';
import { readPayload, signedMessage, unsignedPayload } from './payload.ts';
import { readExtrinsic } from './read-extrinsic.ts';
import { assembleExtrinsic } from './signed.ts';
import { DEVNET } from './testing/metadata.ts';

const BIRTH_HASH = `0x${'22'.repeat(32)}`;
const GENESIS = `0x${'11'.repeat(32)}`;

function remark(hex: string): Uint8Array {
  const call = encodeCall(DEVNET, 'System', 'remark', { remark: `0x${hex}` });
  assert.ok(call.result === 'bytes');
  return call.bytes;
}

function payloadOf(parts: {
  readonly nonce: number;
  readonly tip: bigint;
  readonly birth: bigint;
  readonly period: number;
}) {
  const { nonce, tip, birth, period } = parts;
  const written = unsignedPayload(DEVNET, remark('0102'), {
    nonce,
    tip,
    era: { birth, period },
    birthHash: BIRTH_HASH,
    genesis: GENESIS,
    specVersion: 9,
    transactionVersion: 3,
  });
  assert.ok(written.result === 'payload');
  return written.parts;
}

test('what was written is read back, and nothing shorter or longer is', () => {
  const facts = fc.record({
    nonce: fc.integer({ min: 0, max: 2 ** 31 }),
    tip: fc.bigInt({ min: 0n, max: 2n ** 100n }),
    birth: fc.bigInt({ min: 0n, max: 2n ** 32n }),
    period: fc.constantFrom(4, 64, 4096),
  });
  fc.assert(
    fc.property(facts, (given) => {
      const parts = payloadOf(given);
      const read = readPayload(DEVNET, parts.payload);
      assert.deepEqual(read, {
        ...parts,
        facts: {
          nonce: given.nonce,
          tip: given.tip,
          period: given.period,
          phase: Number(given.birth % BigInt(given.period)),
          birthHash: BIRTH_HASH,
          genesis: GENESIS,
          specVersion: 9,
          transactionVersion: 3,
        },
      });
      assert.equal(readPayload(DEVNET, parts.payload.subarray(0, -1)), null);
      assert.equal(readPayload(DEVNET, Uint8Array.of(...parts.payload, 0)), null);
    }),
  );
});

test('a payload that never ends, or asks for more than is done here, is not read', () => {
  const { payload, call } = payloadOf({ nonce: 300, tip: 5n, birth: 42n, period: 64 });
  const changed = (at: number, ...bytes: readonly number[]): Uint8Array =>
    Uint8Array.of(...payload.subarray(0, at), ...bytes, ...payload.subarray(at + bytes.length));
  assert.notEqual(readPayload(DEVNET, changed(call.length)), null);
  // Era of one byte: the rest moves, and so does its end.
  const immortal = Uint8Array.of(...call, 0, ...payload.subarray(call.length + 2));
  assert.equal(readPayload(DEVNET, immortal), null);
  // A period of two blocks.
  assert.equal(readPayload(DEVNET, changed(call.length, 0x10, 0)), null);
  // Era 2 bytes, nonce 2, tip 1: then the mode of CheckMetadataHash.
  assert.equal(payload[call.length + 5], 0);
  assert.equal(readPayload(DEVNET, changed(call.length + 5, 1)), null);
  assert.equal(readPayload(DEVNET, changed(payload.length - 1, 1)), null);
  const nonce = DEVNET.extensions.filter(({ name }) => name === 'CheckNonce');
  const unknown = [...DEVNET.extensions, ...nonce.map((each) => ({ ...each, name: 'New' }))];
  assert.equal(readPayload({ ...DEVNET, extensions: unknown }, payload), null);
});

test('a signature from elsewhere gives the extrinsic of the payload', () => {
  const parts = payloadOf({ nonce: 300, tip: 5n, birth: 42n, period: 64 });
  const publicKey = new Uint8Array(32).fill(7);
  const signature = new Uint8Array(64).fill(9);
  const made = assembleExtrinsic(DEVNET, parts, { publicKey, signature, scheme: 'sr25519' });
  assert.ok(made.result === 'signed');
  assert.deepEqual(readExtrinsic(DEVNET, made.bytes), {
    author: { account: publicKey, nonce: 300 },
    call: parts.call,
  });
  assert.equal(
    assembleExtrinsic(DEVNET, parts, { publicKey, signature, scheme: 'secp256k1' }).result,
    'refused',
  );
  assert.deepEqual(signedMessage(parts.payload), parts.payload);
  assert.equal(signedMessage(new Uint8Array(257)).length, 32);
});
