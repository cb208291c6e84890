// Backups of a real node on a machine that systemd booted: the copy runs there, and nothing passes through
// here but the manifest.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { bringKeys, call, finalised, fleetOn, networkOf, property, unitOf, until, userOf } from './ground.ts';

const NODE = '/var/lib/watchbill/pier/backup-one-0';
const STORE = '/srv/store';
const DATABASE = 'data/chains/watchbill-devnet-1/paritydb/full';
const RPC = 9955;
const SEED = '//Alice';
const ARCHIVE = `backup: {archive: {address: "folder:${STORE}"}}\n`;

const ground = await bootMachines(['one']);
const [machine] = ground.machines;
const fleet = fleetOn(ground);
after(() => ground.close());
/** The network file up to its last pool. */
let base: string;

/** A chain of one validator, and a node of which backups are made. */
before(async () => {
  const begin = (known: string): string => `${networkOf(ground, '1')}pools:
  validators: {role: validator, place: one, count: 1${known}}
`;
  fleet.write(begin(''));
  await fleet.settle();
  bringKeys(ground, machine, 'validators-one-0', SEED);
  machine.on(`mkdir ${STORE}; systemctl restart ${unitOf('validators-one-0')}`);
  const id = call<string>(machine, 9944, 'system_localPeerId') ?? (await idLater());
  const known = `, instances: {one-0: {keys: {node: {peerId: ${id}}}}}`;
  const ports = `ports: {p2p: 30444, rpc: ${RPC}, metrics: 9666}`;
  base = `${begin(known)}  backup: {role: backup, place: one, count: 1, ${ports}}\n`;
  fleet.write(`${base}${ARCHIVE}`);
  await fleet.settle();
  await until('the node follows its chain', () => finalised(machine, RPC) >= 3);
});

async function idLater(): Promise<string | null> {
  let id: string | null = null;
  await until('the validator answers', () => {
    id = call<string>(machine, 9944, 'system_localPeerId');
    return id !== null;
  });
  return id;
}

const backup = (...args: readonly string[]) => fleet.run('backup', ...args);

test('a node on a machine is stopped, copied there, started, and put back', async () => {
  const started = property(machine, 'backup-one-0', 'ExecMainStartTimestampMonotonic');
  const made = await backup('run');
  assert.equal(made.code, 0, made.out + made.err);
  const height = Number(/files, [^,]+, block (\d+) final/.exec(made.out)?.[1]);
  assert.ok(height >= 3, made.out);
  assert.equal(property(machine, 'backup-one-0', 'ActiveState'), 'active');
  assert.notEqual(property(machine, 'backup-one-0', 'ExecMainStartTimestampMonotonic'), started);
  // Keys are in no backup: not the node's, which stands there in hexadecimal digits.
  const key = machine.on(`cat ${NODE}/keys/node.key`).trim();
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.equal(machine.on(`grep -rlF '${key}' ${STORE} || echo none`).trim(), 'none');
  const listed = await backup('list');
  assert.match(listed.out, new RegExp(`${height} +\\S+ \\S+ +folder +whole`));
  const genesis = call<string>(machine, RPC, 'chain_getBlockHash', [0]) ?? '';

  // The database goes bad, and the node with it; which chain it was of is known from elsewhere.
  machine.on(
    `systemctl stop ${unitOf('backup-one-0')}; cd ${NODE}/${DATABASE} && for f in *; do echo broken > $f; done`,
  );
  const unknown = await backup('restore');
  assert.equal(unknown.code, 2, unknown.out + unknown.err);
  assert.match(unknown.err, /so its chain is not known/);
  assert.equal((await backup('restore', '--genesis', `0x${'ee'.repeat(32)}`)).code, 2);
  // A node that was taken over puts a link in place of the folder that root writes to.
  const [, id = ''] = /backup +(\S+) of/.exec(made.out) ?? [];
  const stage = `${NODE}/.restore-${id}`;
  machine.on(
    `mkdir /root/trap; runuser -u ${userOf('backup-one-0')} -g ${userOf('backup-one-0')} -G wb-pier -- ln -s /root/trap ${stage}`,
  );
  assert.equal(machine.on(`readlink ${stage}`).trim(), '/root/trap');
  const restored = await backup('restore', '--genesis', genesis);
  assert.equal(restored.code, 0, restored.out + restored.err);
  assert.equal(machine.on('ls -A /root/trap').trim(), '');
  const owners = machine.on(`find ${NODE} -printf '%u\\n' | sort -u`).trim();
  assert.equal(owners, userOf('backup-one-0'), 'all of it belongs to the node');
  assert.equal(machine.on(`ls -A ${NODE} ${NODE}/data/chains/*`).includes('before'), false);
  assert.equal(machine.on(`cat ${NODE}/keys/node.key`).trim(), key);
  await until('it follows its chain again', () => finalised(machine, RPC) > height);

  // A node that does not come up on it in time gets its own back.
  const newer = finalised(machine, RPC);
  const fell = await backup('restore', '--older', '--start-timeout', '0.001');
  assert.equal(fell.code, 1, fell.out + fell.err);
  assert.match(fell.err, /runs on its old database again|ITS OWN|old database/);
  await until('it is up on its own database', () => finalised(machine, RPC) >= newer);
});

/** Everything that a person can say for a restore onto a signer. */
const ALLOWED = ['--older', '--signer-without-keys', '--of', 'backup-one-0'];

test('a validator with a key in its keystore gets no backup, whatever is said', async () => {
  const refused = await backup('restore', '--node', 'validators-one-0', ...ALLOWED);
  assert.equal(refused.code, 3, refused.out + refused.err);
  assert.match(refused.err, /it has keys: \S+validators-one-0\/keys\/keystore\/[0-9a-f]{72}/);
  assert.equal(property(machine, 'validators-one-0', 'ActiveState'), 'active');
});

test('a validator whose keys are in memory gets no backup, whatever the network file says now', async () => {
  const pool = (session: string): string =>
    `  stashed: {role: validator, place: one, count: 1, keys: {session: ${session}}, ports: {p2p: 30555, rpc: 9966, metrics: 9777}}\n`;
  const secret = '{source: secret, secret: "{node}-keys", types: {gran: ed25519}}';
  fleet.write(`${base}${pool(secret)}${ARCHIVE}`);
  const seed = join(ground.folder, 'gran.seed');
  writeFileSync(seed, '//Bob', { mode: 0o600 });
  const given = ['stashed-one-0-keys', 'gran', '--from', seed, '--development'];
  const put = await fleet.run('secrets', 'put', ...given);
  assert.equal(put.code, 0, put.out + put.err);
  await fleet.settle('--allow-signing');
  const MEMORY = '/run/watchbill-fleet/pier-stashed-one-0';
  const folder = '/var/lib/watchbill/pier/stashed-one-0';
  assert.match(machine.on(`ls ${MEMORY}`), /^6772616e[0-9a-f]{64}$/m);
  // The control: its disk has no key, so a look at the disk alone would find none.
  assert.equal(machine.on(`find ${folder} -path '*/keystore/*'`), '');
  const restore = () => backup('restore', '--node', 'stashed-one-0', ...ALLOWED);
  const declared = await restore();
  assert.equal(declared.code, 3, declared.out + declared.err);
  assert.match(declared.err, /it has keys: the network file says keys\.session\.source: secret/);

  // The file changes, and nobody applies it: the unit that lives still has the seeds.
  fleet.write(`${base}${pool('{source: born}')}${ARCHIVE}`);
  const lives = await restore();
  assert.equal(lives.code, 3, lives.out + lives.err);
  assert.match(lives.err, /it has keys: ExecStartPre puts keys into its keystore at each start/);
  // Without that line too: the process that runs has them.
  const unit = `/etc/systemd/system/${unitOf('stashed-one-0')}`;
  machine.on(`sed -i '/ insert /d; /^KeySet=/d' ${unit}`);
  assert.match((await restore()).err, /its file changed since systemd read it/);
  machine.on('systemctl daemon-reload');
  const runs = await restore();
  assert.equal(runs.code, 3, runs.out + runs.err);
  assert.match(runs.err, /it has keys: \/run\/watchbill-fleet\/pier-stashed-one-0\/6772616e/);
  assert.equal(property(machine, 'stashed-one-0', 'ActiveState'), 'active');
  assert.equal(machine.on(`ls -A ${folder}`).includes('.restore'), false);
});
