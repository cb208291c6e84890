// A network file brought up on this machine with real nodes: it heals what dies, never runs a signer twice,
// and goes on where it was.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRunning } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';
import { ground, pidsOf, untilFinalised, up, WAIT } from './ground.ts';

test('a network of four validators comes up from its file, heals, is held by one process, and goes on after a kill', async (context) => {
  const folder = ground();
  const first = up(context, folder);
  await untilFinalised(first, 3);
  assert.equal(first.status().length, 6);

  // The RPC pool answers through its gateway, and nobody gets at keys.
  const url = first.lines.find(({ kind }) => kind === 'gateway')?.url ?? '';
  const ask = async (method: string) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] });
    return (await fetch(url, { method: 'POST', body })).text();
  };
  await waitFor('the gateway answers', async () => (await ask('system_chain')).includes('"result"'), WAIT);
  assert.match(await ask('author_rotateKeys'), /-32601/);

  // A node is reached by its name, a signer only where that is said, and each use is written down.
  const access = (...args: readonly string[]) =>
    startCommand(folder, ['fleet', 'access', ...args, '--local', 'local']).ended;
  const [logged, called, refused] = await Promise.all([
    access('logs', 'rpc-here-0', '--tail', '1'),
    access('rpc', 'rpc-here-0', 'system_chain'),
    access('rpc', 'validators-here-0', 'author_rotateKeys', '--unsafe'),
  ]);
  assert.match(logged.out, /^\d{4}-\d\d-\d\d .+\n$/, logged.errors);
  assert.equal(called.out, '"watchbill-devnet-4"\n', called.errors);
  assert.match(refused.errors, /add --signing-node/);
  const audit = readFileSync(join(folder, '.watchbill-fleet/access.jsonl'), 'utf8').trim().split('\n');
  assert.deepEqual(audit.map((line) => (JSON.parse(line) as { readonly verb: string }).verb).sort(), [
    'logs',
    'rpc',
  ]);

  // Two keepers of one folder would make two signers of each key set.
  const second = up(context, folder);
  assert.equal((await second.ended).code, 3);
  assert.match(second.printed.errors, /already runs, in process \d+[\s\S]*two nodes would sign with one key/);
  const elsewhere = up(context, folder, ['--folder', 'other']);
  assert.equal((await elsewhere.ended).code, 3);
  assert.match(
    elsewhere.printed.errors,
    /would sign with session keys of validators-here-0, of the network in \S+local:/,
  );
  assert.ok(!elsewhere.lines.some(({ kind }) => kind === 'started'));

  // A node that is killed comes back, as itself, and the chain goes on meanwhile.
  const victim = first.status().find(({ name }) => name === 'validators-here-1');
  assert.ok(victim?.pid);
  const before = first.finalised();
  process.kill(victim.pid, 'SIGKILL');
  const again = () => first.status().find(({ name }) => name === 'validators-here-1');
  await waitFor('it is back', () => (again()?.restarts ?? 0) >= 1 && again()?.reading !== null, WAIT);
  await untilFinalised(first, before + 5);

  // The keeper itself is killed: its nodes do not outlive it, and the next one goes on with the same chain
  // and keys.
  const pids = pidsOf(first);
  assert.equal(pids.length, 6);
  const height = first.finalised();
  first.child.kill('SIGKILL');
  await first.ended;
  const third = up(context, folder);
  await waitFor('nothing of the first is left', () => !pids.some(isRunning), WAIT);
  await untilFinalised(third, height + 3);
  third.child.kill('SIGTERM');
  assert.equal((await third.ended).code, 0, third.printed.errors);
  assert.ok(third.lines.some(({ kind }) => kind === 'stopped'));
  assert.ok(!pidsOf(third).some(isRunning), 'all are stopped');
});
