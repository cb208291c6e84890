import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { keyHash } from '../gateway/index.ts';
import { runFake } from './testing/run-fleet.ts';

function folder(context: TestContext) {
  const cwd = temporaryFolder(context);
  const fleet = (...args: readonly string[]) => runFake(['fleet', ...args], { cwd });
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
  const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);
  return { cwd, fleet, read, write };
}

test('a key of the gateway is in its file alone, once, and is revoked by its name', async (t) => {
  const { cwd, fleet, read } = folder(t);
  assert.equal((await fleet('gateway', 'init', '--backend', 'ws://127.0.0.1:9944')).code, 0);
  assert.equal(
    (await fleet('gateway', 'init', '--backend', 'ws://127.0.0.1:1')).code,
    2,
    'files are never overwritten',
  );
  assert.match((await fleet('gateway', 'run', '--check')).stdout, /is good: 1 node, tiers public, partner/);
  const make = (name: string, out: string) =>
    fleet('gateway', 'key', '--name', name, '--tier', 'partner', '--out', out);
  const made = await make('app', 'app.key');
  assert.equal(made.code, 0);
  const key = read('app.key').trim();
  assert.equal(statSync(join(cwd, 'app.key')).mode & 0o777, 0o600);
  assert.ok(!made.stdout.includes(key) && !read('gateway-keys.json').includes(key));
  assert.ok(read('gateway-keys.json').includes(keyHash(key)));
  assert.match((await make('other', 'app.key')).stderr, /never overwritten/);
  assert.equal(read('app.key').trim(), key);
  assert.match((await make('app', 'again.key')).stderr, /app has a key already/);
  assert.match(
    (await fleet('gateway', 'key', '--name', 'x', '--tier', 'partner')).stderr,
    /standard output is not a terminal/,
  );
  assert.match(
    (await fleet('gateway', 'key', '--name', 'x', '--tier', 'all', '--out', 'x')).stderr,
    /use one of: public, partner/,
  );
  assert.equal((await fleet('gateway', 'key', '--name', 'app', '--revoke')).code, 0);
  assert.ok(!read('gateway-keys.json').includes(keyHash(key)));
  assert.equal((await fleet('gateway', 'key', '--name', 'app', '--revoke')).code, 2);
});

test('settings of the gateway are refused with their lines', async (t) => {
  const { fleet, read, write } = folder(t);
  await fleet('gateway', 'init', '--backend', 'ws://127.0.0.1:9944');
  write('gateway.yaml', read('gateway.yaml').replace('anonymous: null', 'anonymos: null'));
  const { code, stderr } = await fleet('gateway', 'run', '--check');
  assert.equal(code, 2);
  assert.match(stderr, /unknown key anonymos[\s\S]*gateway\.yaml:\d+:1[\s\S]*did you mean anonymous/);
});

test('a trial folder has a network file that the other commands take, and development keys alone', async (t) => {
  const { fleet, read, write } = folder(t);
  write('node', 'a program');
  write('chain.json', '{}');
  const trial = ['trial', '--binary', 'node', '--spec', 'chain.json', '--validators', '2', '--dir', 'two'];
  assert.equal((await fleet(...trial)).code, 0);
  assert.equal(read('two/secrets/validators-here-1-keys/babe'), '//Bob');
  assert.equal((await fleet('explain', '--file', 'two/network.yaml')).code, 0);
  assert.match((await fleet(...trial)).stderr, /exists already/);
  assert.match(
    (await fleet('trial', '--binary', 'none', '--spec', 'chain.json', '--dir', 'x')).stderr,
    /there is no file/,
  );
  assert.match((await fleet(...trial.map((one) => (one === '2' ? '7' : one)))).stderr, /1 to 6/);
});

test('alerts are listed in words, and rendered with the thresholds that were given', async (t) => {
  const { fleet, read, write } = folder(t);
  assert.match(
    (await fleet('watch', 'alerts')).stdout,
    /NodeDown +page +3m +<instance> of <network> does not answer/,
  );
  await fleet('init', '--chain', 'westend');
  write(
    'network.yaml',
    read('network.yaml').replace(/image: null.*/, `image: "example.org/node@sha256:${'ab'.repeat(32)}"`),
  );
  write('watch.yaml', 'thresholds: {leastPeers: 7}\n');
  const rendered = await fleet('watch', 'render', '--settings', 'watch.yaml');
  assert.equal(rendered.code, 0, rendered.stderr);
  assert.match(rendered.stdout, /alerts are not sent yet/);
  assert.match(read('monitoring/rules.yaml'), /peers_count\{network!=""\} < 7/);
  assert.match((await fleet('watch', 'render')).stderr, /exists already/);
});

test('a rotation without a record is refused, and so is a wrong account', async (t) => {
  const { fleet } = folder(t);
  assert.match((await fleet('keys', 'status')).stderr, /there is no record rotation\.json/);
  assert.match(
    (await fleet('keys', 'rotate', '--node', 'ws://127.0.0.1:1', '--stash', 'zz')).stderr,
    /zz is not an account/,
  );
});
