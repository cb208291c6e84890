import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { MachineResource } from '../../file/graph/index.ts';
import { planChanges } from '../../file/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { keyStores } from '../../file/signers/index.ts';
import { keysOnMachine } from './session-keys.ts';

const PLACE = { target: 'machine', name: 'iron', host: '192.0.2.7', port: 22, user: 'root' } as const;
const [GRAN, BABE] = ['88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee', 'ab'.repeat(32)];

/** A machine whose folders lie in a temporary one. */
function machine(t: TestContext) {
  const root = temporaryFolder(t);
  const folders = ['/var/lib/watchbill-fleet', '/etc/systemd/system', '/run/watchbill-fleet', '/proc'];
  const here = (text: string) => folders.reduce((all, one) => all.replaceAll(one, `${root}${one}`), text);
  const put = (file: string, text: string) => {
    const path = here(file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, here(text));
  };
  // The script as it is, with its folders somewhere else.
  const run = async (script: string) => {
    const { stdout, status } = spawnSync('sh', ['-c', here(script)], { encoding: 'utf8' });
    return { kind: 'ended', code: status ?? 1, out: stdout, error: '' } as never;
  };
  const look = (resources: readonly MachineResource[], live: readonly LiveResource[] = []) =>
    keysOnMachine({ run, place: PLACE, network: 'two' }, resources, live, AbortSignal.timeout(60_000));
  return { put, look };
}

function textOf(network: string): string {
  const seed = (type: string) =>
    `ExecStartPre="/bin/sh" "key" "insert" "--key-type=${type}" "--scheme=sr25519" "--suri=/run/credentials/u/${network}.v-keys.${type}"`;
  const keystore = `--keystore-path=/run/watchbill-fleet/${network}-v-0`;
  return `[Service]\n${seed('babe')}\n${seed('gran')}\nExecStart="/bin/node" "--validator" "${keystore}"\n`;
}

function unitOf(network: string, keySet: string | null): MachineResource {
  const name = `watchbill-${network}-v-0.service`;
  return {
    id: `iron/unit/${name}`,
    target: 'machine',
    place: 'iron',
    kind: 'unit',
    name,
    needs: [],
    afterHealthy: [],
    subject: { pool: 'v', node: 'v-0', role: 'validator', keySet },
    lifecycle: 'reconcile',
    body: { kind: 'unit', name, text: textOf(network) },
  };
}

const record = ({ id, lifecycle, subject, body }: MachineResource) =>
  JSON.stringify({
    format: 'watchbill/machine-record/1',
    id,
    lifecycle,
    subject,
    item: { ...body, text: '' },
  });

test('units of other networks that sign are seen; a damaged record leaves the place unknown', async (t) => {
  const { put, look } = machine(t);
  put('/var/lib/watchbill-fleet/one/a.json', record(unitOf('one', 'set.stash')));
  put('/var/lib/watchbill-fleet/two/a.json', record(unitOf('two', 'set.stash')));
  put('/var/lib/watchbill-fleet/three/a.json', record(unitOf('three', null)));
  const found = await look([unitOf('two', 'set.stash')]);
  assert.ok('others' in found);
  assert.deepEqual(
    found.others.map(({ id, network }) => `${network} ${id}`),
    ['one iron/unit/watchbill-one-v-0.service'],
  );
  assert.deepEqual(await look([unitOf('two', null)]), { others: [], stores: [] });
  put('/var/lib/watchbill-fleet/three/a.json', '{');
  const damaged = await look([unitOf('two', 'set.stash')]);
  assert.match(
    'failure' in damaged ? damaged.failure.detail : '',
    /a record of the network three cannot be read/,
  );
});

test('public keys come from names in keystores and from notes of secrets', async (t) => {
  const { put, look } = machine(t);
  const other = unitOf('one', 'set.stash');
  put('/var/lib/watchbill-fleet/one/a.json', record(other));
  put(`/etc/systemd/system/${other.name}`, textOf('one'));
  put(`/run/watchbill-fleet/one-v-0/6772616e${GRAN}`, '"secret"');
  put('/run/watchbill-fleet/one-v-0/not-a-key', '');
  put('/var/lib/watchbill-fleet/two/public-keys/two.v-keys.gran', `0x${GRAN}\n`);
  const own = unitOf('two', 'set.v-keys');
  const storesNow = async () => {
    const found = await look([own]);
    assert.ok('stores' in found);
    return keyStores(new Map(found.stores.map((one) => [one.id, one])));
  };
  const partly = {
    place: 'iron',
    at: `credentials two.v-keys.babe, two.v-keys.gran of ${own.name}`,
    secret: 'v-keys',
  };
  const users = [{ id: own.id, use: 'set.v-keys' }];
  assert.deepEqual(await storesNow(), [
    { ...partly, keys: { gran: `0x${GRAN}` }, isComplete: false, users },
    {
      place: 'iron',
      at: `keystore of ${other.name}`,
      secret: null,
      keys: { 'gran.0': `0x${GRAN}` },
      isComplete: true,
      users: [{ id: other.id, use: 'set.stash' }],
    },
  ]);
  put('/var/lib/watchbill-fleet/two/public-keys/two.v-keys.babe', `0x${BABE}\n`);
  const [whole] = await storesNow();
  assert.deepEqual(whole, {
    ...partly,
    keys: { babe: `0x${BABE}`, gran: `0x${GRAN}` },
    isComplete: true,
    users,
  });
});

test('a unit that runs with one secret and is to get another has a store for each, so the new key is seen', async (t) => {
  const { put, look } = machine(t);
  const own = unitOf('two', 'set.next-keys');
  const before = { ...own, subject: { ...own.subject, keySet: 'set.v-keys' } };
  assert.ok(own.body.kind === 'unit');
  const body = { ...own.body, text: own.body.text.replaceAll('two.v-keys.', 'two.next-keys.') };
  put(`/etc/systemd/system/${own.name}`, textOf('two'));
  for (const [secret, key] of [
    ['v-keys', GRAN],
    ['next-keys', BABE],
  ] as const)
    for (const type of ['gran', 'babe'])
      put(`/var/lib/watchbill-fleet/two/public-keys/two.${secret}.${type}`, `0x${key}\n`);
  const live = { ...before, network: 'two', fingerprint: '', body: {} } as unknown as LiveResource;
  const found = await look([{ ...own, body }], [live]);
  assert.ok('stores' in found);
  const stores = keyStores(new Map(found.stores.map((one) => [one.id, one])));
  const keysBy = (use: string) =>
    stores
      .filter(({ users }) => users.some((user) => user.use === use))
      .flatMap(({ keys }) => Object.values(keys));
  assert.deepEqual(keysBy('set.next-keys'), [`0x${BABE}`, `0x${BABE}`]);
  assert.deepEqual(keysBy('set.v-keys'), [`0x${GRAN}`, `0x${GRAN}`]);
});

test('every process that signs is seen, whatever started it, with the keys that its keystore shows', async (t) => {
  const { put, look } = machine(t);
  const own = unitOf('two', 'set.v-keys');
  const process = (number: number, words: readonly string[], unit: string) => {
    put(`/proc/${number}/cmdline`, ['/usr/bin/polkadot', ...words, ''].join('\0'));
    put(`/proc/${number}/cgroup`, `0::/system.slice/${unit}\n`);
  };
  const key = `6772616e${GRAN}`;
  process(7, ['--validator', '--keystore-path=/run/watchbill-fleet/two-v-0'], own.name);
  process(8, ['--name=rpc', '--validators'], 'rpc.service');
  process(10, ['--validator', '--base-path', '/data', '--chain=polkadot'], 'polkadot.service');
  put(`/proc/10/root/data/chains/polkadot/keystore/${key}`, '"secret"');
  process(11, ['--collator', '--keystore-path', '/keys'], 'docker-1234.scope');
  put(`/proc/11/root/keys/${key}`, '"secret"');
  process(12, ['--authority'], 'session-1.scope');
  process(13, ['--validator', '--keystore-path=keys'], 'session-2.scope');
  // Node programs take these for `--validator` with a name.
  process(14, ['--one', '--chain=polkadot'], 'session-3.scope');
  put(`/proc/13/cwd/keys/${key}`, '"secret"');
  const live = { ...own, network: 'two', fingerprint: '' } as unknown as LiveResource;
  const found = await look([own], [live]);
  assert.ok('others' in found);
  assert.deepEqual(
    found.others.map(({ id, owner, subject }) => [id, owner, subject.keySet]).toSorted(),
    ['11', '12', '13', '14', 'polkadot.service'].map((name) => [
      `iron/process/${name}`,
      'no network of watchbill',
      `unknown.iron/process/${name}`,
    ]),
  );
  const stores = keyStores(new Map(found.stores.map((one) => [one.id, one])));
  assert.deepEqual(
    stores.map(({ at, keys, isComplete }) => [at, Object.values(keys), isComplete]).toSorted(),
    ['11', '13', 'polkadot.service'].map((name) => [`keystore of ${name}`, [`0x${GRAN}`], true]),
  );
});

test('a process whose unit file is gone is not that of the declared unit: it may have other keys', async (t) => {
  const { put, look } = machine(t);
  const own = unitOf('two', 'set.next-keys');
  put('/proc/7/cmdline', ['/usr/bin/polkadot', '--validator', ''].join('\0'));
  put('/proc/7/cgroup', `0::/system.slice/${own.name}\n`);
  const found = await look([own]);
  assert.deepEqual('others' in found && found.others.map(({ id }) => id), [`iron/process/${own.name}`]);
});

test('a unit that comes back with born keys has those of its keystore', async (t) => {
  const { put, look } = machine(t);
  const own = unitOf('two', 'born.two.v-0');
  assert.deepEqual(await look([own]), { others: [], stores: [] });
  put(`/run/watchbill-fleet/two-v-0/6772616e${GRAN}`, '"secret"');
  const found = await look([own]);
  assert.ok('stores' in found);
  const live = new Map(found.stores.map((one) => [one.id, one]));
  assert.deepEqual(
    keyStores(live).map(({ keys, users }) => [keys, users]),
    [[{ 'gran.0': `0x${GRAN}` }, [{ id: own.id, use: 'born.two.v-0' }]]],
  );
  const graph = { network: 'two', digest: '', resources: [own], places: [], chains: [] };
  const state = {
    place: 'iron',
    live,
    proposals: new Map([[own.id, { ok: true, body: null }]]),
    missing: [],
  };
  const { steps } = planChanges(graph as never, [{ ok: true, state } as never]);
  assert.deepEqual(
    steps.map(({ action, risk, why }) => [action, risk, why]),
    [['create', 'signing', `it starts with the keys in the keystore of ${own.name}, which is there already`]],
  );
});
