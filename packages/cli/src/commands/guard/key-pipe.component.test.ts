// `guard run --key-pipe` as a process: the file of the babe key is a FIFO, which other processes open.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BABE_FILE, cli, fileOf, type Stage, stage, until } from './testing/guard-stage.ts';

/** A node that takes flags, and sleeps. */
const SAFE_NODE = ['sh', '-c', 'exec sleep 300', 'node', '--rpc-methods', 'safe'];

/** The answer to one opening; null if there was none within two seconds. */
async function openKey(path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  execFile('cat', [path], { timeout: 2_000, killSignal: 'SIGKILL' }, (error, stdout) =>
    resolve(error === null ? stdout : null),
  );
  return promise;
}

const stateOf = ({ status }: Stage): string | undefined =>
  status()?.keys.find(({ kind }) => kind === 'babe')?.state;

test('the babe key is given by the running guard alone, and the node ends with it', {
  timeout: 180_000,
}, async (t) => {
  const ground = await stage(t, { hasBabe: true });
  const guard = await ground.runNode(SAFE_NODE, '--key-pipe', '--metrics-port', '0');
  const path = join(ground.keystore, BABE_FILE);
  await until('the guard waits', () => stateOf(ground) === 'waiting');
  assert.equal(existsSync(path), false);
  assert.equal((await cli('guard', 'allow', 'a test', '--runtime', ground.runtime)).code, 0);
  await until('the key may be given', () => stateOf(ground) === 'open');
  assert.ok(statSync(path).isFIFO());
  assert.equal(readFileSync(join(ground.keystore, fileOf('//Alice')), 'utf8'), '"//Alice"', 'audi is a file');
  for (let opening = 0; opening < 5; opening++) assert.equal(await openKey(path), '"//Alice"');
  const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(guard.log())?.[0] ?? assert.fail(guard.log());
  const metrics = await (await fetch(url)).text();
  assert.match(metrics, /^watchbill_guard_key_openings_total\{kind="babe",answer="given"\} 5$/m);

  // Frozen: no opening gets the key. It decides again within its lease, and the key is given again.
  guard.child.kill('SIGSTOP');
  assert.equal(await openKey(path), null);
  guard.child.kill('SIGCONT');
  await until('the key is given again', () => stateOf(ground) === 'open');
  assert.equal(await openKey(path), '"//Alice"');

  const node = ground.status()?.node ?? assert.fail();
  guard.child.kill('SIGKILL');
  await once(guard.child, 'exit');
  await until('the node ends with the guard', () => !existsSync(`/proc/${node}`) || isZombie(node));
  assert.equal(await openKey(path), null, 'no process gives the key');

  const again = await ground.runNode(SAFE_NODE, '--key-pipe');
  await until('the guard waits again', () => ground.status()?.pid === again.child.pid);
  assert.equal(existsSync(path), false, 'the FIFO of the dead guard is gone');
  again.child.kill('SIGTERM');
  assert.equal(await again.code, 0, again.log());
  assert.equal(again.log().includes('//Alice'), false, 'no secret in the log');
});

const isZombie = (pid: number): boolean => /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a node with an unsafe RPC is not started, or ended before a key is placed', {
  timeout: 180_000,
}, async (t) => {
  const ground = await stage(t, { hasBabe: true, isUnsafe: true });
  const plain = await ground.run('--key-pipe');
  assert.equal(await plain.code, 3);
  assert.match(plain.log(), /its command does not have --rpc-methods/);
  assert.match(plain.log(), /add --rpc-methods safe to the command of the node/);
  assert.equal(ground.status(), null, 'the node was not started');

  const lying = await ground.runNode(SAFE_NODE, '--key-pipe');
  assert.equal(await lying.code, 3, lying.log());
  assert.match(lying.log(), /answers author_hasKey: its RPC is not safe/);
  assert.equal(existsSync(join(ground.keystore, BABE_FILE)), false);
});

test('a key pipe without a babe key is a usage fault', { timeout: 60_000 }, async (t) => {
  const ground = await stage(t);
  const guard = await ground.runNode(SAFE_NODE, '--key-pipe');
  assert.equal(await guard.code, 2);
  assert.match(guard.log(), /no babe key is sealed.*--key-pipe/s);
});
