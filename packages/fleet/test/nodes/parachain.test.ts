// A file with a parachain, brought up on this machine with real nodes: its relay chain makes blocks, and a
// node of the relay chain stands in for the collator.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { ground, untilFinalised, up, WAIT } from './ground.ts';

const COLLATOR = 'collators-here-0';

test('the relay chain of a parachain runs here, and a stand-in follows it and makes no blocks', async (context) => {
  const folder = ground(
    () => '  collators: {role: collator, count: 1, ports: {p2p: 30500, rpc: 9960, metrics: 9660}}\n',
  );
  const file = join(folder, 'network.yaml');
  const text = readFileSync(file, 'utf8').replace(
    /chain:\n {2}spec: (\{.*\})/,
    'chain:\n  name: people\n  relay: {spec: $1}',
  );
  assert.match(text, /relay: \{spec/);
  writeFileSync(file, text);
  const one = up(context, folder, []);
  await untilFinalised(one, 3);
  assert.deepEqual(
    one.lines.filter(({ kind }) => kind === 'stand-in').map(({ node }) => node),
    [COLLATOR, 'rpc-here-0', 'rpc-here-1'],
  );
  const collator = () => one.status().find(({ name }) => name === COLLATOR);
  await waitFor('the stand-in follows', () => (collator()?.reading?.finalised ?? 0) >= 3, WAIT);
  const words = readFileSync(`/proc/${collator()?.pid}/cmdline`, 'utf8').split('\0');
  assert.ok(words.includes(`--name=${COLLATOR}`), words.join(' '));
  assert.ok(!words.some((word) => /^--(validator|collator|keystore-path=.*)$/.test(word)), words.join(' '));
});
