// What each preset expects of a network, read from the metadata of the real runtimes at hand.
// docs/nominate/explanation/nominate-runtimes.md has the versions.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hasPallet, numberConstant, runtimeViews } from '@watchbill/chain/extrinsics';
import { presetProgramme } from '@watchbill/nominate';
import { type ChainName, startChopsticks } from '@watchbill/testkit/chopsticks';

const PAGE = readFileSync(
  new URL('../../../../docs/nominate/explanation/nominate-runtimes.md', import.meta.url),
  'utf8',
);

interface Expected {
  readonly spec: ChainName;
  /** The presets whose network has this runtime, or one of the same line. */
  readonly networks: readonly ('kusama' | 'polkadot')[];
  readonly pallets: readonly string[];
  /** Pallets that another chain of the network has. */
  readonly without: readonly string[];
  readonly constants: Readonly<Record<string, number>>;
  /** Whether the length of its eras is that of the real network. Test networks have shorter ones. */
  readonly hasRealEras: boolean;
}

const STAKING = ['Staking', 'Proxy', 'VoterList', 'Session'];
const DEPTH = { 'Staking.HistoryDepth': 84 };
const BABE = { 'Babe.ExpectedBlockTime': 6_000 };
const BOTH = ['kusama', 'polkadot'] as const;

const CHAINS: readonly Expected[] = [
  {
    ...{ spec: 'kusama-1000000', networks: ['kusama'], pallets: [...STAKING, 'Identity', 'ImOnline'] },
    ...{ without: ['StakingAhClient'], hasRealEras: true },
    constants: {
      ...DEPTH,
      ...BABE,
      'System.SS58Prefix': 2,
      'Staking.SessionsPerEra': 6,
      'Babe.EpochDuration': 600,
    },
  },
  {
    ...{ spec: 'paseo-2003001', networks: ['polkadot'], pallets: [...STAKING, 'StakingAhClient'] },
    ...{ without: ['Identity', 'ImOnline'], constants: { ...DEPTH, ...BABE }, hasRealEras: false },
  },
  {
    ...{
      spec: 'asset-hub-2026',
      networks: BOTH,
      pallets: [...STAKING, 'MultiBlockElection', 'StakingRcClient'],
    },
    ...{ without: ['Babe', 'Identity'], constants: { ...DEPTH, 'Proxy.MaxPending': 32 }, hasRealEras: false },
  },
  {
    ...{ spec: 'relay-2026', networks: BOTH, pallets: ['StakingAhClient', 'Session', 'Babe'] },
    ...{ without: ['Staking'], constants: BABE, hasRealEras: false },
  },
  {
    ...{ spec: 'people-2026', networks: BOTH, pallets: ['Identity'], without: ['Staking'] },
    ...{ constants: {}, hasRealEras: false },
  },
];

for (const { spec, networks, pallets, without, constants, hasRealEras } of CHAINS)
  test(`${spec} has what the presets of ${networks.join(' and ')} need`, async (context) => {
    const chain = await startChopsticks(spec);
    context.after(() => chain.stop());
    const head = await chain.node.call<string>('chain_getFinalizedHead');
    const { metadata, specName, specVersion } = await runtimeViews().at(chain.node, head);
    assert.match(PAGE, new RegExp(`^\\| \`${spec}\` \\| \`${specName}\` \\| ${specVersion} \\|`, 'm'));
    const missing = pallets.filter((pallet) => !hasPallet(metadata, pallet));
    const strange = without.filter((pallet) => hasPallet(metadata, pallet));
    assert.deepEqual({ missing, strange }, { missing: [], strange: [] });
    const constant = (name: string): bigint | null => {
      const [pallet = '', item = ''] = name.split('.');
      return numberConstant(metadata, pallet, item);
    };
    for (const [name, value] of Object.entries(constants)) assert.equal(constant(name), BigInt(value), name);
    if (!hasRealEras) return;
    const sessions = constant('Staking.SessionsPerEra') ?? 0n;
    const eraMs =
      sessions * (constant('Babe.EpochDuration') ?? 0n) * (constant('Babe.ExpectedBlockTime') ?? 0n);
    for (const network of networks) {
      const nominators = [{ name: 'west', stashKey: `0x${'11'.repeat(32)}` }];
      const { round } = presetProgramme({ network, profile: 'fair' }, nominators);
      assert.equal(
        round.longestEraMs,
        Number((eraMs * 3n) / 2n),
        'a late era is one and a half times as long',
      );
    }
  });
