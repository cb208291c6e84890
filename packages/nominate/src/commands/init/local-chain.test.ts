import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceShape } from '../../service/index.ts';
import { configOfChain, type LocalChain } from './local-chain.ts';

const KEY = `0x${'11'.repeat(32)}`;
const [at, files] = ['ws://127.0.0.1:1', { keyFile: 'west.key', passphraseFile: 'west.pass' }];

const CHAIN: LocalChain = {
  folder: '/chain',
  record: {
    version: 1,
    network: { name: 'local', prefix: 42, decimals: 12, symbol: 'LOC' },
    chains: {
      ...{ staking: at, relay: at, identity: at },
      genesis: { staking: KEY, relay: KEY, identity: KEY },
    },
    candidates: 'candidates.json',
    nominators: [{ name: 'west', stashKey: KEY, way: 'by itself', ...files }],
  },
};

test('on chains of this machine, whose clock goes with their blocks, the age of a head stops no round', () => {
  const config = serviceShape.parse({ version: 1, ...configOfChain(CHAIN, ['round']) });
  assert.ok(!('recorded' in config.chains));
  assert.deepEqual([config.send, config.chains.oldestHeadSeconds], [true, null]);
});
