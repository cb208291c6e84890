import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NodeFault } from '../rpc/fault.ts';
import { decodeDigest } from './digest.ts';
import { readHeader } from './header.ts';

// Recorded from a BABE node with one-second slots.
const PRIMARY =
  '0x0642414245b50101000000005040006b00000000d2b97841dc41af424a677dbc38163d5464befa60d4e2b11b67be6188f0e29538a1bf4eb898264014afcf06e156432c516d797332c9175de3d44f78f6b35fcb0016641f2a5c303343caf8ccc5d5a0962cd9938d0aa2a1c9e09393282b56c2dc0d';
const SECONDARY_VRF =
  '0x0642414245b50103000000005740006b0000000074132ddff1f33612aa4e3f9ec9dacc4ecdf009baefb7a3329de49926021a9908c7c9a3db753074d44da0d36f04860cd4f74ee64ed154d7e31b590cc3548c5506ab9d027e7ed8f4949c2d8bd8131580cae7b3a8d2f0d5d364f15215ad5ea16f0e';
const SEAL =
  '0x054241424501014c8e5e686f94f2bf09fa4722d24c47978bafa7b58a7c2dd14e91b20e621cf7430a5309b161a842dbc96f34a83b339dd2c1e6ba75f5c704e6639e52ac31473a8c';
// Written by hand after sp-consensus-babe and sp-consensus-aura.
const SECONDARY_PLAIN = '0x064241424534020500000008000000000000ff';
const AURA = '0x066175726120770f00b400000000';

const malformed = (error: unknown): boolean => error instanceof NodeFault && error.code === 'malformed';

test('BABE: who claimed which slot, and how', () => {
  assert.deepEqual(decodeDigest([PRIMARY, SEAL]).slot, {
    consensus: 'babe',
    slot: 1_795_178_576n,
    claim: 'primary',
    authorityIndex: 0,
  });
  assert.deepEqual(decodeDigest([SECONDARY_VRF]).slot, {
    consensus: 'babe',
    slot: 1_795_178_583n,
    claim: 'secondary-vrf',
    authorityIndex: 0,
  });
  assert.deepEqual(decodeDigest([SECONDARY_PLAIN]).slot, {
    consensus: 'babe',
    slot: 0xff00_0000_0000_0008n,
    claim: 'secondary-plain',
    authorityIndex: 5,
  });
});

test('Aura: the slot', () => {
  assert.deepEqual(decodeDigest([AURA]).slot, { consensus: 'aura', slot: 0xb4_000f_77n });
});

test('seals and consensus items are sorted by their engine; items of no engine are skipped', () => {
  const digest = decodeDigest(['0x0008ffff', '0x08', '0x0446524e4b080102', PRIMARY, SEAL]);
  assert.deepEqual(digest.consensus, [{ engine: 'FRNK', data: '0x0102' }]);
  assert.deepEqual(
    digest.seals.map(({ engine, data }) => [engine, data.length]),
    [['BABE', 2 + 128]],
  );
  assert.deepEqual(decodeDigest([]), { slot: null, seals: [], preRuntime: [], consensus: [] });
});

test('what is cut, longer, or of a kind that does not exist is malformed, and nothing else happens', () => {
  const wrong = [
    '0x',
    '0x07',
    PRIMARY.slice(0, -2),
    `${AURA}00`,
    '0x06424142450400',
    SECONDARY_PLAIN.slice(0, -4),
  ];
  for (const log of wrong) assert.throws(() => decodeDigest([log]), malformed, log);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeDigest([`0x${Buffer.from(bytes).toString('hex')}`]);
      } catch (error) {
        assert.ok(malformed(error), String(error));
      }
    }),
  );
});

test('a header as RPC sends it', () => {
  const hash = `0x${'ab'.repeat(32)}`;
  const raw = {
    number: '0xb',
    parentHash: hash,
    stateRoot: hash,
    extrinsicsRoot: hash,
    digest: { logs: [AURA] },
  };
  assert.deepEqual(readHeader(raw).number, 11);
  assert.equal(readHeader(raw).parentHash, hash);
  for (const wrong of [null, 7, {}, { ...raw, number: 11 }, { ...raw, number: '0xffffffffffffff' }])
    assert.throws(() => readHeader(wrong), malformed);
  assert.throws(() => readHeader({ ...raw, digest: { logs: [1] } }), malformed);
  assert.throws(() => readHeader({ ...raw, parentHash: '0x' }), malformed);
});
