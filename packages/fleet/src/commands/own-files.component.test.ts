import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandFolder } from '@watchbill/kit/command/testing/command-folder';
import { keyHash } from '../gateway/index.ts';
import { runFake } from './testing/run-fleet.ts';

test('a key of the gateway is in its file alone, once, and is revoked by its name', async () => {
  const { cwd, run, read } = commandFolder(runFake, 'fleet');
  assert.equal((await run('gateway init --backend ws://127.0.0.1:9944')).code, 0);
  assert.equal((await run('gateway init --backend ws://127.0.0.1:1')).code, 2, 'files are never overwritten');
  assert.match((await run('gateway run --check')).stdout, /is good: 1 node, tiers public, partner/);
  const make = (name: string, out: string) =>
    run('gateway key --name', name, '--tier', 'partner', '--out', out);
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
    (await run('gateway key --name x --tier partner')).stderr,
    /standard output is not a terminal/,
  );
  assert.match((await run('gateway key --name x --tier all --out x')).stderr, /use one of: public, partner/);
  assert.equal((await run('gateway key --name app --revoke')).code, 0);
  assert.ok(!read('gateway-keys.json').includes(keyHash(key)));
  assert.equal((await run('gateway key --name app --revoke')).code, 2);
});

test('settings of the gateway are refused with their lines', async () => {
  const { run, read, write } = commandFolder(runFake, 'fleet');
  await run('gateway init --backend ws://127.0.0.1:9944');
  write('gateway.yaml', read('gateway.yaml').replace('anonymous: null', 'anonymos: null'));
  const { code, stderr } = await run('gateway run --check');
  assert.equal(code, 2);
  assert.match(stderr, /unknown key anonymos[\s\S]*gateway\.yaml:\d+:1[\s\S]*did you mean anonymous/);
});

test('a trial folder has a network file that the other commands take, and development keys alone', async () => {
  const { run, read, write } = commandFolder(runFake, 'fleet');
  write('node', 'a program');
  write('chain.json', '{}');
  const trial = ['trial', '--binary', 'node', '--spec', 'chain.json', '--validators', '2', '--dir', 'two'];
  assert.equal((await run(...trial)).code, 0);
  assert.equal(read('two/secrets/validators-here-1-keys/babe'), '//Bob');
  assert.equal((await run('explain --file two/network.yaml')).code, 0);
  assert.match((await run(...trial)).stderr, /exists already/);
  assert.match((await run('trial --binary none --spec chain.json --dir x')).stderr, /there is no file/);
  assert.match((await run(...trial.map((one) => (one === '2' ? '7' : one)))).stderr, /1 to 6/);
});

test('alerts are listed in words, and rendered with the thresholds that were given', async () => {
  const { run, read, write } = commandFolder(runFake, 'fleet');
  assert.match(
    (await run('watch alerts')).stdout,
    /NodeDown +page +3m +<instance> of <network> does not answer/,
  );
  await run('init --chain westend');
  write(
    'network.yaml',
    read('network.yaml').replace(/image: null.*/, `image: "example.org/node@sha256:${'ab'.repeat(32)}"`),
  );
  write('watch.yaml', 'thresholds: {leastPeers: 7}\n');
  const rendered = await run('watch render --settings watch.yaml');
  assert.equal(rendered.code, 0, rendered.stderr);
  assert.match(rendered.stdout, /alerts are not sent yet/);
  assert.match(read('monitoring/rules.yaml'), /peers_count\{network!=""\} < 7/);
  assert.match((await run('watch render')).stderr, /exists already/);
});

test('a rotation without a record is refused, and so is a wrong account', async () => {
  const { run } = commandFolder(runFake, 'fleet');
  assert.match((await run('keys status')).stderr, /there is no record rotation\.json/);
  assert.match(
    (await run('keys rotate --node ws://127.0.0.1:1 --stash zz')).stderr,
    /: the value is not an account/,
  );
});
