import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IMAGE } from '../emit/kubernetes/fixture-networks.ts';
import { readNetwork } from '../network/read.ts';
import { peerIdOf } from '../node-key/peer-id.ts';
import { type Beginning, beginningYaml, bootNodesOf } from './begin.ts';
import { PRESET_NAMES } from './names.ts';
import { PRESETS } from './presets.ts';

const PLACES = [
  { clusters: ['main'], machines: [] },
  { clusters: ['east', 'west'], machines: [] },
  { clusters: [], machines: [{ name: 'iron', host: '192.0.2.7' }] },
  {
    clusters: ['east'],
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

test('every preset begins with a file that can be planned, in each kind of place', () => {
  for (const preset of PRESET_NAMES)
    for (const places of PLACES) {
      const given = beginning(preset, places);
      const ids = bootNodesOf(given).map(
        ({ name }, index) => [name, peerIdOf(new Uint8Array(32).fill(index + 1))] as const,
      );
      const text = beginningYaml(given, new Map(ids)).replace(
        /binary: null.*/,
        `binary: {source: /node, sha256: ${'ab'.repeat(32)}}`,
      );
      const read = readNetwork(text);
      assert.ok(read.ok, `${preset}: ${read.ok ? '' : JSON.stringify(read.problems)}\n${text}`);
      assert.deepEqual(
        read.network.pools.map(({ name }) => name),
        Object.keys(PRESETS[preset].pools).sort(),
      );
    }
});

test('the pools of a preset are changed by what a file says, and the rest stays', () => {
  const text = beginningYaml(beginning('solo-chain', PLACES[0]), new Map()).replace('count: 3', 'count: 5');
  const read = readNetwork(text);
  assert.ok(read.ok);
  const counts = read.network.pools.map(({ name, nodes }) => [name, nodes.length]);
  assert.deepEqual(counts, [
    ['rpc', 2],
    ['validators', 5],
  ]);
});
