import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { headText, IN_PODS, ON_DISKS } from '../../file/testing/index.ts';
import { CREDENTIAL_KEYS } from '../../run/machines/index.ts';
import { harbour } from '../testing/fake-harbour.ts';
import { KEY_CHOICES } from './put.ts';

const KEYS = '{session: {source: secret, secret: "{node}-keys", types: {babe: sr25519}}}';
const CLUSTERS = 'clusters: {main: {context: far, namespace: nodes}}';
const MACHINES = 'machines: {iron: {host: 127.0.0.1, port: 9}, tin: {host: 127.0.0.2, port: 9}}';
const HEAD = headText({
  name: 'pier',
  places: `${CLUSTERS}\n${MACHINES}`,
  software: `${IN_PODS}, ${ON_DISKS}`,
});
const NETWORK = `${HEAD}pools:
  v: {role: validator, places: {iron: 1, main: 1}, keys: ${KEYS}}
  w: {role: validator, places: {iron: 1, tin: 1}, ports: {p2p: 30500, rpc: 9960, metrics: 9700}, duty: {services: ["https://w:1"], secret: w, ca: true}}
`;

async function pier() {
  const made = await harbour(null);
  made.write('network.yaml', NETWORK);
  return made;
}

test('the keys of the command are those of the package', () => {
  assert.deepEqual(KEY_CHOICES, CREDENTIAL_KEYS);
});

test('a wrong name is refused with the nearest one, before the command contacts a machine', async () => {
  const { refused, write } = await pier();
  write('value', 'a-token-of-some-node-0123456789');
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['put', 'v-iron-O-keys', 'babe'], /did you mean v-iron-0-keys\?/],
    [['put', 'v-iron-0-keys', 'bbae'], /did you mean babe\?/],
    [['put', 'w', 'token'], /needed at iron and tin[\s\S]*--place: iron, tin/],
    [['put', 'w', 'token', '--place', 'tim'], /did you mean tin\?/],
    [['put', 'w', 'token', '--place', 'tin', '--with-key', 'none'], /give one of: auto/],
    [['put', 'v-iron-0-keys', 'babe', '--from', 'nowhere'], /there is no file nowhere/],
    [['put', 'v-iron-0-keys', 'babe', '--from', 'value'], /it is not a seed/],
    [['put', 'w', 'ca', '--place', 'tin', '--from', 'value'], /not a certificate in PEM/],
    [['remove', 'zzz', 'token'], /one of: v-iron-0-keys/],
  ];
  for (const [args, wanted] of cases) {
    const ran = await refused(2, wanted, 'secrets', ...args);
    assert.ok(!ran.stderr.includes('a-token-of-some'));
  }
  await refused(3, /needed by the network file; it was not removed/, 'secrets remove v-iron-0-keys babe');
});

test('a file that other users may read is noted, unless it has certificates', async () => {
  const { cwd, fleet, write } = await pier();
  write('value', 'no value of any entry');
  chmodSync(join(cwd, 'value'), 0o644);
  const put = async (entry: string) =>
    (await fleet('secrets', 'put', 'w', entry, '--place', 'tin', '--from', 'value')).stderr;
  assert.match(await put('token'), /^note: other users of this machine may read value: chmod 600/);
  assert.match(await put('ca'), /^error: /);
});

test('in a cluster the remedy is a command of kubectl with all entries of the Secret', async () => {
  const { refused, write } = await pier();
  write('value', '//Eve');
  await refused(
    2,
    /kubectl --context far --namespace nodes create secret generic v-main-0-keys --from-file=babe=FILE/,
    'secrets put v-main-0-keys babe --from value',
  );
  await refused(
    2,
    /kubectl --context far --namespace nodes delete secret v-main-0-keys/,
    'secrets remove v-main-0-keys babe',
  );
});

test('a network on this machine has its secrets in a folder; a machine that is away is not known', async () => {
  const { cwd, fleet } = await pier();
  const put = (secret: string, entry: string, text: string) => {
    mkdirSync(join(cwd, 'secrets', secret), { recursive: true });
    writeFileSync(join(cwd, 'secrets', secret, entry), text);
  };
  put('v-iron-0-keys', 'babe', '//Alice');
  put('v-main-0-keys', 'babe', '');
  put('w', 'token', 'token');
  const listed = await fleet('secrets', 'list', '--secrets', 'secrets', '--json');
  assert.equal(listed.code, 3);
  const { entries } = JSON.parse(listed.stdout) as { entries: Record<string, string>[] };
  assert.deepEqual(
    entries.map(({ place, secret, entry, state }) => `${place} ${secret} ${entry} ${state}`),
    [
      'iron v-iron-0-keys babe there',
      'main v-main-0-keys babe missing',
      'iron w ca missing',
      'iron w token there',
      'tin w ca missing',
      'tin w token there',
    ],
  );
  assert.ok(!listed.stdout.includes('Alice'));
  put('v-main-0-keys', 'babe', '//Bob');
  put('w', 'ca', 'ca');
  assert.equal((await fleet('secrets', 'list', '--secrets', 'secrets')).code, 0);
});

test('a machine that does not answer is unknown, and no secret counts as missing or there', async () => {
  const { fleet, write } = await harbour(null);
  write('network.yaml', NETWORK.replace(/clusters: .*\n/, '').replace(', main: 1', ''));
  const listed = await fleet('secrets', 'list', '--timeout', '30');
  assert.equal(listed.code, 5);
  assert.match(listed.stdout, /^iron +v-iron-0 +v-iron-0-keys +babe +not known$/m);
  assert.match(listed.stdout, /^not known: iron: root@127\.0\.0\.1/m);
});
