import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { readNetwork } from '../compile/read.ts';
import { IMAGE, SOLO } from '../testing/networks.ts';
import { looksLikeSeed, looksSecret } from './secret-like.ts';

const WORDS = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
const HEX = 'ab'.repeat(32);

test('seeds are recognised, and ordinary values are none', () => {
  for (const seed of [WORDS, WORDS.toUpperCase(), `0x${HEX}`, `0x${HEX}//stash`, '//Alice', '/Bob'])
    assert.ok(looksLikeSeed(seed), seed);
  for (const value of ['info', '1', '/data/db', 'a text of a few ordinary words', HEX, 'https://example.org'])
    assert.ok(!looksLikeSeed(value), value);
});

test('a secret is recognised by the name of its variable too', () => {
  const secret = [
    'SEED',
    'NODE_KEY',
    'apiKey',
    'DB_PASSWORD',
    'GITHUB_TOKEN',
    '--suri',
    'MY_MNEMONIC',
    'privateKey',
  ];
  for (const name of secret) assert.ok(looksSecret(name, 'x'), name);
  for (const name of ['RUST_LOG', 'RUST_BACKTRACE', 'KEYBOARD', 'TOKENIZER', '--config'])
    assert.ok(!looksSecret(name, 'x'), name);
  for (const value of [HEX, 'postgres://a:b@db/x']) assert.ok(looksSecret('A', value), value);
});

const extra = (more: object) => [{ name: 'logs', image: IMAGE, cpu: 0.1, memoryGiB: 0.1, ...more }];

/** Settings of RPC nodes that are refused. */
const REFUSED: Readonly<Record<string, readonly [settings: object, said: RegExp]>> = {
  'a password in the environment': [{ environment: { DB_PASSWORD: 'x' } }, /DB_PASSWORD looks like a secret/],
  'our variable': [{ environment: { POD_NAME: 'x' } }, /POD_NAME is set by watchbill/],
  'a value of several lines': [{ environment: { A: 'a\nExecStart=/bin/sh' } }, /without line breaks/],
  'a mnemonic in an annotation': [{ annotations: { a: WORDS } }, /looks like a seed/],
  'our label': [{ labels: { 'watchbill/role': 'validator' } }, /a mark that watchbill sets itself/],
  'the owner in an annotation': [{ annotations: { 'watchbill/key-set': 'set.x' } }, /a mark that/],
  'a label that the API refuses': [{ labels: { team: 'a b' } }, /at most 63 letters/],
  'two containers of one name': [
    { extraContainers: [...extra({}), ...extra({})] },
    /has a container logs already/,
  ],
  'the name of our container': [{ extraContainers: extra({ name: 'node' }) }, /has a container node already/],
  'the keystore in another container': [{ extraContainers: extra({ volumes: ['keys'] }) }, /volumes/],
  'a relay chain that is not there': [
    { extraContainers: extra({ volumes: ['relay'] }) },
    /no relay chain beside/,
  ],
  'a secret in its arguments': [
    { extraContainers: extra({ args: ['--password', 'x'] }) },
    /--password of container/,
  ],
  'a seed in its arguments': [
    { extraContainers: extra({ args: ['run', `0x${HEX}`] }) },
    /argument 2 of container/,
  ],
  'a secret in its environment': [
    { extraContainers: extra({ environment: { API_TOKEN: 'x' } }) },
    /API_TOKEN of/,
  ],
  'an image by tag': [{ extraContainers: extra({ image: 'a:latest' }) }, /by digest/],
  root: [{ runAs: { user: 0 } }, /at least 1/],
  'a toleration without a key': [{ placement: { tolerations: [{ operator: 'Equal' }] } }, /expected a key/],
  'seconds without NoExecute': [
    { placement: { tolerations: [{ key: 'a', tolerationSeconds: 3 }] } },
    /NoExecute only/,
  ],
  'affinity of another kind': [{ placement: { affinity: { hostAffinity: {} } } }, /unknown key/],
};

describe('settings of pods that are refused', () => {
  for (const [name, [settings, said]] of Object.entries(REFUSED))
    test(name, () => {
      const read = readNetwork(`${SOLO}  other: ${JSON.stringify({ role: 'rpc', ...settings })}\n`);
      assert.ok(!read.ok, 'it was accepted');
      const text = stringify(read.problems);
      assert.match(text, said);
      assert.ok(!text.includes(WORDS) && !text.includes(HEX), 'no secret is repeated');
    });
});
