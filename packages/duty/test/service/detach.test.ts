import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRunning } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { commandLine } from './cli-process.ts';

leaveNothing('detach');

const SERVE = ['serve', '--detach', '--service-listen-port'];

test('`serve --detach` returns when the service grants, and prints the failure of one that cannot start', {
  timeout: 120_000,
}, async (context) => {
  const cli = commandLine(context);
  assert.equal((await cli.run('init', '--name', 'one')).code, 0);
  const started = await cli.run(...SERVE, '0', '--json');
  assert.equal(started.code, 0, started.errors);
  const { pid, ready, url, log } = JSON.parse(started.out);
  context.after(() => isRunning(pid) && process.kill(pid, 'SIGKILL'));
  assert.equal((await fetch(ready)).status, 200, 'it grants at once');
  assert.equal(log, join(cli.cwd, 'serve.log'));
  assert.equal(statSync(log).mode & 0o777, 0o600);
  assert.match(readFileSync(log, 'utf8'), /"event":"session","state":"serving"/);

  const { port } = new URL(url);
  const second = await cli.run(...SERVE, port);
  assert.equal(second.code, 1, second.out);
  assert.match(second.errors, new RegExp(`^error: .*${port}`, 'm'));
  assert.match(second.errors, /what to do: /);
  assert.doesNotMatch(second.errors, /"state":"serving"/, 'the log of the first start is not repeated');
  assert.ok(isRunning(pid), 'the first one runs on');

  process.kill(pid, 'SIGTERM');
  await waitFor('the end of the service', () => !isRunning(pid), { timeoutMs: 20_000, everyMs: 50 });
  assert.match(readFileSync(log, 'utf8'), /"event":"stopped"/);

  const stopped = cli.begin(...SERVE, '0', '--store', 'etcd://127.0.0.1:1/nowhere');
  await waitFor('the child to try', () => /store-silent/.test(readFileSync(log, 'utf8')), {
    timeoutMs: 30_000,
    everyMs: 50,
  });
  // The second one cuts the wait for the store.
  for (const _ of [1, 2]) void stopped.stop('SIGINT');
  const { code, errors } = await stopped.ended;
  assert.notEqual(code, 0, errors);
  assert.match(errors, /store-silent/);
});

test('`serve --detach` prints its result as YAML', { timeout: 60_000 }, async (context) => {
  const cli = commandLine(context);
  assert.equal((await cli.run('init', '--name', 'one')).code, 0);
  const { code, out, errors } = await cli.run(...SERVE, '0', '-o', 'yaml');
  assert.equal(code, 0, errors);
  const [, pid = ''] = /^pid: (\d+)$/m.exec(out) ?? [];
  process.kill(Number(pid), 'SIGKILL');
});
