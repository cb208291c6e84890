import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { genesisHashes, LIVE_CHAINS } from './index.ts';
import { stateRoot } from './state-root.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const textOf = (text: string) => Buffer.from(text).toString('hex');

test('a state root in a specification gives the hash of block 0 of a live chain', () => {
  // From the specifications of `@substrate/connect-known-chains` 1.10.3.
  const cases = [
    ['0x29d0d972cd27cbc511e9589fcb7a4506d5eb6a9e8df205f00472e5ab354a4e17', 'Polkadot'],
    ['0xb0006203c3a6e6bd2c6a17b1d4ae8ca49a31da0f4579da950b127774b44aef6b', 'Kusama'],
    ['0xc1ef26b567de07159e4ecd415fbbb0340c56a09c4d72c82516d0f3bc2b782c80', 'Asset Hub of Polkadot'],
    ['0x2b2a8395a8ec27c54d322d3a6602152da0e3bd0c8f4c01f17a572a44a8e36ab6', 'Paseo'],
  ];
  for (const [stateRootHash = '', name] of cases) {
    const [hash = ''] = genesisHashes({ genesis: { stateRootHash } }) ?? [];
    assert.equal(LIVE_CHAINS.get(hash), name);
  }
  const known = [...LIVE_CHAINS.keys()];
  assert.ok(known.every((hash) => /^0x[0-9a-f]{64}$/.test(hash)));
});

test('the raw genesis of a real chain has the hash that a node of polkadot-sdk gives it', () => {
  const file = new URL('../../../testkit/chain-specs/westend-1015000.raw.json.zst', import.meta.url);
  const spec = JSON.parse(zstdDecompressSync(readFileSync(file)).toString('utf8'));
  // The node printed: Initializing Genesis block/state (state: 0xa104…4e19, header-hash: 0x6ad1…1dab).
  const hashes = genesisHashes(spec) ?? [];
  assert.deepEqual(
    hashes.map((hash) => `${hash.slice(0, 6)}…${hash.slice(-4)}`),
    ['0xd6f3…4842', '0x6ad1…1dab'],
  );
});

test('a specification without a raw genesis, or with a damaged one, has no known hash', () => {
  for (const genesis of [
    undefined,
    null,
    { runtimeGenesis: {} },
    { raw: { top: { '0x1': '0x00' } } },
    { raw: { top: { '0x11': 7 } } },
    { raw: { top: {}, childrenDefault: { zz: {} } } },
    { raw: { top: {}, childrenDefault: [] } },
    { stateRootHash: '0x12' },
  ])
    assert.equal(
      genesisHashes(genesis === undefined ? {} : ({ genesis } as never)),
      null,
      JSON.stringify(genesis),
    );
  assert.equal(genesisHashes({ genesis: { raw: { top: {} } } })?.length, 1, 'both versions of no state');
});

test('short and long values, long keys and keys that begin others have the nodes of the specification', () => {
  assert.equal(hex(stateRoot([], 1)), '03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314');
  const value = 'ab'.repeat(33);
  assert.notEqual(hex(stateRoot([['11', value]], 0)), hex(stateRoot([['11', value]], 1)));
  const short = 'ab'.repeat(32);
  assert.equal(hex(stateRoot([['11', short]], 0)), hex(stateRoot([['11', short]], 1)));
});

test('the order of entries does not matter, and every byte of keys and values does', () => {
  const bytes = fc.uint8Array({ maxLength: 90 }).map(hex);
  const states = fc.uniqueArray(fc.tuple(bytes, bytes), {
    minLength: 1,
    maxLength: 12,
    selector: ([key]) => key,
  });
  fc.assert(
    fc.property(states, fc.constantFrom(0 as const, 1 as const), fc.nat(), (entries, version, at) => {
      const root = hex(stateRoot(entries, version));
      assert.equal(hex(stateRoot(entries.toReversed(), version)), root);
      const [key = '', value = ''] = entries[at % entries.length] ?? [];
      const others = entries.filter(([one]) => one !== key);
      assert.notEqual(hex(stateRoot([...others, [key, `${value}00`]], version)), root);
      assert.notEqual(hex(stateRoot([...others, [`${key}${textOf('x'.repeat(95))}`, value]], version)), root);
      assert.notEqual(hex(stateRoot(others, version)), root);
    }),
  );
});
