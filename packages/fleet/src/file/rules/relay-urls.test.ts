import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podOf } from '../emit/kubernetes/testing/entry.ts';
import { halves } from '../graph/process.ts';
import { readFixture, WIDE } from '../testing/networks.ts';

const URLS = ['wss://relay-0.example.org', 'ws://192.0.2.9:9944'];

test('a collator asks the named nodes of its relay chain, by a flag before the double dash', () => {
  const text = WIDE.replace(
    'role: collator',
    `role: collator\n    flags: {relay-chain-rpc-urls: [${URLS.join(', ')}]}`,
  );
  const { graph } = readFixture(text);
  const set = graph.resources.find(({ id }) => id.includes('StatefulSet') && id.includes('collators-east-0'));
  assert.ok(set?.target === 'kubernetes');
  const [own = [], relay = []] = halves([podOf(set).node.args].flat().map(String));
  assert.deepEqual(
    own.filter((word) => word.startsWith('--relay-chain-rpc-urls')),
    URLS.map((url) => `--relay-chain-rpc-urls=${url}`),
  );
  assert.ok(relay.includes('--chain=paseo'));
  assert.ok(!relay.some((word) => word.includes('rpc-urls')));
});
