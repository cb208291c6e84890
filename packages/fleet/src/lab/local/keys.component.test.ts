import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { processMark, THIS_MACHINE, takeLock } from '../../run/lock/index.ts';
import { type Trial, trial } from './testing/trial.ts';

/** Nodes of one validator each, with the Secret of each, and what else is said of them. */
function signers(secrets: Readonly<Record<string, string>>, duty = '', types = '{babe: sr25519}'): string {
  return Object.entries(secrets)
    .map(
      ([pool, secret]) => `
  ${pool}: {role: validator, count: 1${duty}, keys: {session: {source: secret, secret: "${secret}", types: ${types}}}}`,
    )
    .join('');
}

const TWO_TYPES = '{babe: sr25519, gran: ed25519}';

function asking(service: string): string {
  return `, duty: {services: ["${service}"], secret: "{node}-duty"}`;
}

function seed(one: Trial, secret: string, type: string, text: string | null): void {
  const file = join(one.folder, 'secrets', secret, type);
  mkdirSync(join(one.folder, 'secrets', secret), { recursive: true });
  if (text === null) rmSync(file);
  else writeFileSync(file, `//${text}`);
}

/** As the program of the tests names a key. */
function keyOf(type: string, text: string): string {
  return Buffer.from(type).toString('hex') + createHash('sha256').update(`//${text}`).digest('hex');
}

function stateOf({ folder }: Trial): {
  readonly keySets: Record<string, string>;
  readonly putting: Record<string, readonly string[]>;
} {
  return JSON.parse(readFileSync(join(folder, 'state', 'state.json'), 'utf8'));
}

function starts(one: Trial): number {
  return one.calls().split('--listen-addr').length - 1;
}

test('if a seed is missing, no key is put, so that other seeds may be put later', async (t) => {
  const one = trial(t);
  const network = one.network(signers({ a: 'first' }, '', TWO_TYPES));
  seed(one, 'first', 'babe', 'one');
  await assert.rejects(one.up(network), { code: 'keys', message: /no seed in .*gran/ });
  assert.deepEqual([one.keysOf('a-here-0'), stateOf(one).keySets], [[], {}]);
  assert.ok(!existsSync(join(one.folder, 'state/nodes/a-here-0/keystore.new')), 'no seed lies about');
  seed(one, 'first', 'babe', 'two');
  seed(one, 'first', 'gran', 'two');
  await one.up(network);
  assert.deepEqual(one.keysOf('a-here-0'), [keyOf('babe', 'two'), keyOf('gran', 'two')]);
  assert.deepEqual(stateOf(one).putting, {});
});

test('keys that were put in part are completed with the same seeds, and no other keys are added', async (t) => {
  const one = trial(t);
  const network = one.network(signers({ a: 'first' }, '', TWO_TYPES));
  const other = one.network(signers({ a: 'second' }, '', TWO_TYPES));
  for (const [secret, text] of [
    ['first', 'one'],
    ['second', 'two'],
  ] as const)
    for (const type of ['babe', 'gran']) seed(one, secret, type, text);
  // The second of the keys cannot be put.
  const keystore = join(one.folder, 'state/nodes/a-here-0/keystore');
  const barred = join(keystore, keyOf('gran', 'one'));
  mkdirSync(join(barred, 'full'), { recursive: true });
  await assert.rejects(one.up(network));
  assert.deepEqual(stateOf(one).keySets, { 'a-here-0': 'set.first' });
  rmSync(barred, { recursive: true });
  assert.deepEqual(one.keysOf('a-here-0'), [keyOf('babe', 'one')]);

  await assert.rejects(one.up(other), {
    code: 'keys',
    message: /only some of the session keys.*names set.second/,
  });
  seed(one, 'first', 'gran', 'three');
  await assert.rejects(one.up(network), { code: 'keys', message: /the secret now has other seeds/ });
  const moved = one.network(signers({ b: 'first' }));
  await assert.rejects(one.up(moved), { code: 'keys', message: /in the keystore of a-here-0/ });
  assert.deepEqual(one.keysOf('a-here-0'), [keyOf('babe', 'one')]);
  assert.equal(starts(one), 0);

  seed(one, 'first', 'gran', 'one');
  await (await one.up(network)).stop(2_000);
  assert.deepEqual(one.keysOf('a-here-0'), [keyOf('babe', 'one'), keyOf('gran', 'one')]);
  assert.deepEqual(stateOf(one).putting, {});
});

test('a keystore that was emptied after a partial put may get other keys', async (t) => {
  const one = trial(t);
  seed(one, 'first', 'babe', 'one');
  seed(one, 'second', 'babe', 'two');
  const keystore = join(one.folder, 'state/nodes/a-here-0/keystore');
  mkdirSync(join(keystore, keyOf('babe', 'one'), 'full'), { recursive: true });
  await assert.rejects(one.up(one.network(signers({ a: 'first' }))));
  rmSync(join(keystore, keyOf('babe', 'one')), { recursive: true });
  await one.up(one.network(signers({ a: 'second' })));
  assert.deepEqual(one.keysOf('a-here-0'), [keyOf('babe', 'two')]);
});

test('no keys are added to keys without a record of their owner', async (t) => {
  const one = trial(t);
  seed(one, 'first', 'babe', 'one');
  const keystore = join(one.folder, 'state/nodes/a-here-0/keystore');
  mkdirSync(keystore, { recursive: true });
  writeFileSync(join(keystore, keyOf('gran', 'whose')), '');
  await assert.rejects(one.up(one.network(signers({ a: 'first' }))), {
    code: 'keys',
    message: /has keys that do not belong to set.first/,
  });
  assert.equal(starts(one), 0);
});

test('a program that puts keys elsewhere is refused, because the owner of the keys would be unknown', async (t) => {
  const one = trial(t);
  writeFileSync(join(one.folder, 'puts-nothing'), '');
  await assert.rejects(one.up(), { code: 'program', message: /made 0 keys of 1 seed for validators-here-0/ });
});

test('two nodes with one seed in differently named secrets are refused before a process starts', async (t) => {
  const one = trial(t);
  seed(one, 'first', 'babe', 'one');
  seed(one, 'second', 'babe', 'one');
  const both = signers({ a: 'first', b: 'second' });
  await assert.rejects(one.up(one.network(both)), {
    code: 'keys',
    message: /a-here-0 and b-here-0 have the same session keys, even if their secrets have different names/,
  });
  assert.deepEqual([one.keysOf('a-here-0'), one.keysOf('b-here-0'), starts(one)], [[], [], 0]);
  // Nor one after the other: the first still has them.
  await (await one.up(one.network(signers({ a: 'first' })))).stop(2_000);
  await assert.rejects(one.up(one.network(signers({ b: 'second' }))), { code: 'keys' });
  await (await one.up(one.network(signers({ a: 'first' })))).stop(2_000);
});

test('two networks of one user never sign with one key, from any folders; once the first has stopped, the other may', async (t) => {
  const one = trial(t);
  const first = await one.up();
  await assert.rejects(one.up(one.network(), 'other'), {
    code: 'in-use',
    message:
      /validators-here-0 would sign with session keys of validators-here-0, of the network in \S+state: process \d+/,
  });
  assert.deepEqual(one.keysOf('validators-here-0', 'other'), []);
  assert.ok(!existsSync(join(one.folder, 'other/nodes/validators-here-0/node.log')), 'no node was started');
  await first.stop(2_000);
  await (await one.up(one.network(), 'other')).stop(2_000);
  assert.deepEqual(readdirSync(join(one.folder, 'user/watchbill/local-keys')), [], 'nothing stays noted');
});

test('keys that a node made while it runs are its own, also in a copy of its folder', async (t) => {
  const one = trial(t);
  const born = one.network('\n  v: {role: validator, count: 1}');
  await one.up(born);
  writeFileSync(join(one.folder, 'state/nodes/v-here-0/keystore', keyOf('babe', 'made')), '');
  mkdirSync(join(one.folder, 'copy'));
  for (const name of ['nodes', 'state.json'])
    cpSync(join(one.folder, 'state', name), join(one.folder, 'copy', name), { recursive: true });
  const copied = JSON.parse(readFileSync(join(one.folder, 'copy/state.json'), 'utf8')) as object;
  writeFileSync(join(one.folder, 'copy/state.json'), JSON.stringify({ ...copied, running: {} }));
  await assert.rejects(one.up(born, 'copy'), { code: 'in-use' });
});

test('networks may share keys if their signers ask the same services, and not if one asks others or none', async (t) => {
  const one = trial(t);
  seed(one, 'first', 'babe', 'one');
  const of = (duty: string) => one.network(signers({ a: 'first' }, duty));
  const asks = of(asking('https://one.example:1'));
  const first = await one.up(asks);
  await (await one.up(asks, 'other')).stop(2_000);
  await assert.rejects(one.up(of(asking('https://two.example:1')), 'other'), { code: 'in-use' });
  await assert.rejects(one.up(of(''), 'other'), { code: 'in-use' });
  await first.stop(2_000);
  await (await one.up(of(''), 'other')).stop(2_000);
});

test('a process that ended holds no keys, unless one of its nodes still runs', async (t) => {
  const one = trial(t);
  await (await one.up()).stop(2_000);
  const notes = join(one.folder, 'user/watchbill/local-keys');
  const left = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.after(() => left.kill('SIGKILL'));
  await once(left, 'spawn');
  const gone = join(one.folder, 'gone');
  mkdirSync(gone);
  const note = {
    format: 'watchbill/local-keys/1',
    holder: { ...THIS_MACHINE.self(), startTicks: '1' },
    folder: gone,
    nodes: [{ name: 'v', use: 'set.v', keys: one.keysOf('validators-here-0'), keystore: join(gone, 'none') }],
  };
  writeFileSync(join(notes, 'gone.json'), JSON.stringify(note));
  writeFileSync(join(gone, 'state.json'), JSON.stringify({ running: { v: processMark(left.pid ?? 0) } }));
  await assert.rejects(one.up(), { code: 'in-use', message: /or a node that it left/ });
  left.kill('SIGKILL');
  await once(left, 'exit');
  await one.up();
  assert.ok(!existsSync(join(notes, 'gone.json')));
});

test('two networks check and record keys one after the other', async (t) => {
  const one = trial(t);
  const notes = join(one.folder, 'user/watchbill/local-keys');
  mkdirSync(notes, { recursive: true });
  const lock = takeLock(join(notes, 'lock'));
  assert.ok(lock.ok);
  const upping = assert.rejects(one.up(), { code: 'in-use', message: /keys of v, of the network in/ });
  while (one.calls().split('key insert').length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  // Without the lock it would be up by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const note = {
    format: 'watchbill/local-keys/1',
    holder: THIS_MACHINE.self(),
    folder: one.folder,
    nodes: [
      {
        name: 'v',
        use: 'set.v',
        keys: [keyOf('babe', 'of-validators-here-1')],
        keystore: join(one.folder, 'none'),
      },
    ],
  };
  writeFileSync(join(notes, 'other.json'), JSON.stringify(note));
  lock.release();
  await upping;
});

test('if one node cannot start, all of them stop, because keys and folder are released', async (t) => {
  const one = trial(t);
  mkdirSync(join(one.folder, 'state/nodes/validators-here-1/node.log'), { recursive: true });
  await assert.rejects(one.up(), { code: 'EISDIR' });
  const pids = one.events.flatMap((event) => (event.kind === 'started' ? [event.pid] : []));
  assert.equal(pids.length, 2);
  assert.deepEqual(
    pids.filter((pid) => processMark(pid) !== null),
    [],
  );
});

test('if the keys in use cannot be recorded, no signer is started', async (t) => {
  const one = trial(t);
  const before = () => [one.keysOf('validators-here-0'), starts(one)];
  await assert.rejects(one.up(one.network(), 'state', {}), {
    code: 'folder',
    message: /neither XDG_STATE_HOME nor HOME/,
  });
  await assert.rejects(one.up(one.network(), 'state', { XDG_STATE_HOME: 'here' }), { code: 'folder' });
  writeFileSync(join(one.folder, 'full'), '');
  await assert.rejects(one.up(one.network(), 'state', { HOME: join(one.folder, 'full') }), {
    code: 'folder',
    message: /local-keys cannot be written/,
  });
  const notes = join(one.folder, 'user/watchbill/local-keys');
  mkdirSync(notes, { recursive: true });
  writeFileSync(join(notes, 'cut.json'), '{');
  await assert.rejects(one.up(), { code: 'folder', message: /cut.json cannot be read/ });
  assert.deepEqual(before(), [[], 0]);
  await (await one.up(one.network('\n  rpc: {role: rpc, count: 1}'), 'rpc', {})).stop(2_000);
  rmSync(join(notes, 'cut.json'));
  await (await one.up(one.network(), 'state', { HOME: join(one.folder, 'home') })).stop(2_000);
  assert.ok(existsSync(join(one.folder, 'home/.local/state/watchbill/local-keys')));
});
