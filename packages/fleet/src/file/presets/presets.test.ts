import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { readNetwork } from '../compile/read.ts';
import { PRESET_NAMES } from '../network/preset-names.ts';
import { PRESETS } from '../network/presets.ts';
import { peerIdOf } from '../node-key/peer-id.ts';
import { IMAGE } from '../testing/networks.ts';
import { type Beginning, beginningYaml, bootNodesOf } from './begin.ts';

const PLACES = [
  { clusters: [{ name: 'main', context: null }], machines: [] },
  {
    clusters: [
      { name: 'east', context: 'east' },
      { name: 'west', context: 'west' },
    ],
    machines: [],
  },
  { clusters: [], machines: [{ name: 'iron', host: '192.0.2.7' }] },
  {
    clusters: [{ name: 'east', context: 'east' }],
    machines: [
      { name: 'iron', host: '192.0.2.7' },
      { name: 'tin', host: '192.0.2.8' },
    ],
  },
] as const;

function beginning(preset: (typeof PRESET_NAMES)[number], places: (typeof PLACES)[number]): Beginning {
  return {
    name: 'harbour',
    preset,
    chain: { name: 'westend' },
    relay: preset === 'parachain' ? 'paseo' : null,
    ...places,
    image: IMAGE,
    sdk: 'stable2509',
    command: 'polkadot',
  };
}

/**
 * A first file with peer ids, and whether it can be planned. `address`: by which the nodes that have one are
 * reached from elsewhere.
 */
function begun(given: Beginning, address: string | null = null) {
  const ids = bootNodesOf(given).map(
    ({ name }, index) => [name, peerIdOf(new Uint8Array(32).fill(index + 1))] as const,
  );
  const exposure = address === null ? '' : `, exposure: {address: "${address}"}`;
  const text = beginningYaml(given, new Map(ids))
    .replace(/binary: null.*/, `binary: {source: /node, sha256: ${'ab'.repeat(32)}}`)
    .replaceAll(/(peerId: \w+}})}/g, `$1${exposure}}`);
  return { text, read: readNetwork(text, new Map([['chain.json', '{}']])) };
}

test('every preset begins with a file that can be planned, in each kind of place', () => {
  for (const preset of PRESET_NAMES)
    for (const places of PLACES) {
      const { text, read } = begun(beginning(preset, places));
      assert.ok(read.ok, `${preset}: ${read.ok ? '' : JSON.stringify(read.problems)}\n${text}`);
      assert.deepEqual(read.network.pools.map(field('name')), Object.keys(PRESETS[preset].pools).sort());
    }
});

describe('on a new chain the nodes of a first file find each other', () => {
  const chain = { file: 'chain.json', sha256: createHash('sha256').update('{}').digest('hex') };
  for (const preset of PRESET_NAMES)
    test(preset, () => {
      for (const places of PLACES) {
        const given = { ...beginning(preset, places), chain };
        const { text, read } = begun(given, '/dns/{node}.example.org/tcp/30333');
        assert.ok(read.ok, `${read.ok ? '' : JSON.stringify(read.problems)}\n${text}`);
        const bare = begun(given);
        // Of several clusters a person alone knows how one is reached from the other.
        const isTold = bare.text.includes('write exposure.address');
        assert.equal(bare.read.ok, !isTold, bare.text);
        if (!bare.read.ok) assert.match(bare.read.problems[0]?.path ?? '', /exposure\.address$/);
      }
      const single = begun({ ...beginning(preset, PLACES[0]), chain });
      assert.ok(single.read.ok);
      assert.ok(begun({ ...beginning(preset, PLACES[2]), chain }).read.ok, 'one machine');
    });

  test('unless its specification names boot nodes', () => {
    const known = beginning('solo-chain', PLACES[0]);
    assert.deepEqual(bootNodesOf(known), []);
    assert.deepEqual(bootNodesOf({ ...known, chain: { ...chain, hasBootNodes: true } }), []);
    assert.equal(bootNodesOf({ ...known, chain }).length, 1);
  });
});

test('a file changes the pools of a preset, and the rest stays', () => {
  const text = beginningYaml(beginning('solo-chain', PLACES[0]), new Map()).replace('count: 3', 'count: 5');
  const read = readNetwork(text);
  assert.ok(read.ok);
  const counts = read.network.pools.map(({ name, nodes }) => [name, nodes.length]);
  assert.deepEqual(counts, [
    ['rpc', 2],
    ['validators', 5],
  ]);
});
