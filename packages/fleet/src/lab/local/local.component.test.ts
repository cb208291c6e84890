import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { servicesMark, useOf } from '../../file/graph/index.ts';
import { processMark, sameProcess } from '../../run/lock/index.ts';
import { POOLS, trial } from './testing/trial.ts';

const LOCK = import.meta.resolve('@watchbill/fleet/run/lock');

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it did not come to pass that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function stateOf(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'state', 'state.json'), 'utf8')) as {
    readonly running: Record<string, { readonly pid: number; readonly startTicks: string }>;
    readonly keySets: Record<string, string>;
    readonly seats: Record<string, unknown>;
  };
}

test('every node runs on loopback, with its keys from files; a second start changes none of them', async (t) => {
  const { up, folder, calls, network } = trial(t);
  const first = await up();
  assert.equal(first.nodes.length, 3);
  assert.ok(!calls().includes('//of-'), 'a seed stood in an argument');
  await until('all run', () => calls().split('--listen-addr=/ip4/127.0.0.1/').length === 4);
  assert.doesNotMatch(calls(), /rpc-external|rpc-methods=unsafe|0\.0\.0\.0/);
  const { seats, keySets } = stateOf(folder);
  await first.stop(2_000);
  const made = calls().match(/key (generate|insert)/g)?.length;
  assert.equal(made, 5, 'three node keys and two seeds');
  await up(network());
  assert.equal(calls().match(/key (generate|insert)/g)?.length, made);
  assert.deepEqual([stateOf(folder).seats, stateOf(folder).keySets], [seats, keySets]);
});

test('one process holds a folder; it is free again after a stop, and after its holder died', async (t) => {
  const { up, folder } = trial(t);
  const first = await up();
  await assert.rejects(up(), { code: 'in-use', message: /already runs/ });
  await first.stop(2_000);
  // Another process takes the lock, and ends without giving it back.
  const script = `(await import(${JSON.stringify(LOCK)})).takeLock(${JSON.stringify(join(folder, 'state', 'lock'))})`;
  const gone = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await new Promise((resolve) => gone.once('exit', resolve));
  assert.ok(existsSync(join(folder, 'state', 'lock')));
  await (await up()).stop(2_000);
});

test('a process that an earlier run left is ended before another of its node begins', async (t) => {
  const { up, folder, events } = trial(t);
  await (await up()).stop(2_000);
  const left = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.after(() => left.kill('SIGKILL'));
  await until('it runs', () => processMark(left.pid ?? 0) !== null);
  const mark = processMark(left.pid ?? 0);
  const file = join(folder, 'state', 'state.json');
  writeFileSync(file, JSON.stringify({ ...stateOf(folder), running: { 'validators-here-0': mark } }));
  await up();
  assert.ok(mark !== null && !sameProcess(mark));
  const order = events.filter(({ node }) => node === 'validators-here-0').map(({ kind }) => kind);
  assert.deepEqual(order.slice(-2), ['leftover', 'started']);
});

test('a process that only reuses the id of an earlier one is left alone', async (t) => {
  const { up, folder } = trial(t);
  await (await up()).stop(2_000);
  const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.after(() => other.kill('SIGKILL'));
  const running = { 'validators-here-0': { pid: other.pid, startTicks: '1' } };
  writeFileSync(join(folder, 'state', 'state.json'), JSON.stringify({ ...stateOf(folder), running }));
  await up();
  assert.ok(processMark(other.pid ?? 0) !== null, 'it lives');
});

test('the keys of one node are never put into another', async (t) => {
  const { up, network } = trial(t);
  await (await up()).stop(2_000);
  const moved = `
  others: {role: validator, count: 1, keys: {session: {source: secret, secret: "validators-here-0-keys", types: {babe: sr25519}}}}`;
  await assert.rejects(up(network(moved)), {
    code: 'keys',
    message: /in the keystore of validators-here-0: both could sign/,
  });
  const changed = `
  validators: {role: validator, count: 1, keys: {session: {source: secret, secret: "others-here-0-keys", types: {babe: sr25519}}}}`;
  await assert.rejects(up(network(changed)), { code: 'keys', message: /has the session keys/ });
});

test('two nodes may share keys only if both ask before they sign', async (t) => {
  const { up, network, folder, calls } = trial(t);
  const pools = (gated: readonly [boolean, boolean]) =>
    gated
      .map(
        (isGated, at) => `
  v${at}: {role: validator, count: 1, keys: {session: {source: secret, secret: "validators-here-${at}-keys", set: one, types: {babe: sr25519}}}${isGated ? `, duty: {services: ["http://127.0.0.1:1"], secret: "{node}-duty"}` : ''}}`,
      )
      .join('');
  const [first] = pools([false, false]).split('\n  v1');
  await (await up(network(first))).stop(2_000);
  const both = await up(network(pools([true, true])));
  const use = useOf('one', servicesMark(['http://127.0.0.1:1'], 'here'));
  assert.deepEqual(stateOf(folder).keySets, { 'v0-here-0': use, 'v1-here-0': use });
  await until(
    'both run',
    () => (calls().match(/--duty=claims --duty-node=v[01]-here-0/g) ?? []).length === 2,
  );
  assert.match(
    calls(),
    /--duty-token-file=\S+\/v1-here-0-duty\/token --duty-service=http:\/\/127\.0\.0\.1:1/,
  );
  await both.stop(2_000);
  await assert.rejects(up(network(first)), { code: 'keys', message: /in the keystore of v1-here-0/ });
});

test('a folder of another network or chain, a damaged state and another program are refused, and nothing runs', async (t) => {
  const { up, folder, network, program, calls } = trial(t);
  const good = network();
  await (await up()).stop(2_000);
  const before = calls();
  await assert.rejects(up({ ...good, name: 'other' }), {
    code: 'other-network',
    message: /belongs to the network trial/,
  });
  await assert.rejects(up({ ...good, chain: { name: 'another-local' } }), {
    code: 'other-network',
    message: /another chain/,
  });
  writeFileSync(program, `${readFileSync(program, 'utf8')}# changed\n`);
  await assert.rejects(up(good), { code: 'program', message: /has the SHA-256/ });
  writeFileSync(join(folder, 'state', 'state.json'), '{');
  await assert.rejects(up(network()), { code: 'folder', message: /cannot be read/ });
  assert.equal(calls(), before);
});

test('a node that does not stay up is restarted after longer and longer pauses', async (t) => {
  const { up, folder, events, network } = trial(t);
  writeFileSync(join(folder, 'dies'), '');
  const rpc = '\n  rpc: {role: rpc, count: 1}';
  await up(network(rpc));
  await until('it ended three times', () => events.filter(({ kind }) => kind === 'ended').length >= 3);
  const pauses = events.flatMap((event) => (event.kind === 'ended' ? [event.againMs] : []));
  assert.deepEqual(pauses.slice(0, 3), [500, 1_000, 2_000]);
  assert.match(events.flatMap((event) => (event.kind === 'ended' ? [event.how] : [])).join(), /exit code 3/);
});

const PARACHAIN = '{name: para, relay: {name: fake-local}}';
const COLLATORS = `
  collators: {role: collator, count: 2, customFlags: ["--own"], keys: {session: {source: secret, secret: "{node}-keys", types: {aura: sr25519}}}}`;

test('for a parachain, its relay chain runs, with a stand-in without keys for each collator', async (t) => {
  const { network, up, events, calls, keysOf } = trial(t);
  const local = await up(
    network(`${POOLS.replace('rpc, count', 'rpc, runs: relay, count')}${COLLATORS}`, PARACHAIN),
  );
  assert.deepEqual(
    events.flatMap((event) => (event.kind === 'stand-in' ? [event.node] : [])),
    ['collators-here-0', 'collators-here-1'],
  );
  await until('all five were called', () => calls().split('--name=').length - 1 === 5);
  const lines = calls()
    .split('\n')
    .filter((line) => line.startsWith('--name='));
  for (const line of lines) {
    assert.match(line, /--chain=fake-local/);
    assert.doesNotMatch(line, /--collator|--own| -- /);
    assert.equal(line.includes('--validator'), line.startsWith('--name=validators-'), line);
  }
  const roles = local.nodes.map(
    ({ name, role, keySet }) => `${name} ${role} ${keySet === null ? '-' : 'keys'}`,
  );
  assert.deepEqual(
    roles.filter((one) => one.startsWith('collators')),
    ['collators-here-0 rpc -', 'collators-here-1 rpc -'],
  );
  assert.deepEqual(keysOf('collators-here-0'), []);
  assert.equal(keysOf('validators-here-0').length, 1);
});

test('a parachain without nodes of its relay chain is refused, with the remedy', async (t) => {
  const { network, up, calls } = trial(t);
  await assert.rejects(up(network(COLLATORS, PARACHAIN)), {
    code: 'start',
    message: /no pool runs the relay chain/,
    remedy: /add validators of the relay chain/,
  });
  assert.equal(calls(), '');
});

test('a live relay chain is refused, like every live chain', async (t) => {
  const { network, up } = trial(t);
  const live = network(
    `${POOLS.replace('rpc, count', 'rpc, runs: relay, count')}${COLLATORS}`,
    '{name: para, relay: {name: paseo}}',
  );
  await assert.rejects(up(live), { code: 'spec', message: /chain\.name is paseo/ });
});
