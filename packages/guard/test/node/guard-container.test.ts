// The guard as the first process of a container, over a real node, with the settings of guard-container.md.
// runc starts it: Docker and podman start theirs by the same interface.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GuardStatus } from '@watchbill/guard';
import { waitFor } from '@watchbill/testkit';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { guardedMachine, noEquivocation, PATIENCE, stage, untilPlaced } from './guarded.ts';

/** Eve's machine: its runtime folder is a tmpfs of the container, so its status is read there. */
async function containerised(ground: Parameters<typeof guardedMachine>[0]) {
  const runtime = '/run/watchbill-guard';
  const machine = await guardedMachine(ground, 'eve', { container: { runtime } });
  const runc = (...args: readonly string[]) =>
    spawnSync('runc', ['--root', join(machine.folder, 'runc'), ...args], { encoding: 'utf8' });
  const status = (): GuardStatus | null => {
    const { stdout } = runc('exec', 'eve', 'cat', `${runtime}/status.json`);
    return stdout === '' ? null : (JSON.parse(stdout) as GuardStatus);
  };
  return { ...machine, runtime, runc, status };
}

test('a guard is the first process of a container: it signs, dies with its node, and ends in order', async (context) => {
  const ground = await stage(context);
  const eve = await containerised(ground);
  await eve.node.start();
  await untilPlaced(eve);
  await ground.observer.untilFirstSignature('Eve', Date.now(), PATIENCE.timeoutMs);
  assert.equal(eve.status()?.pid, 1);
  const keystore = `${eve.runtime}/keystore`;
  assert.equal(eve.runc('exec', 'eve', 'ls', keystore).stdout.split('\n').length, 5);

  assert.equal(eve.runc('kill', 'eve', 'KILL').status, 0);
  await waitFor('the container is gone', () => !eve.node.running(), PATIENCE);
  const cgroup = eve.runc('list', '--quiet').stdout;
  assert.doesNotMatch(cgroup, /eve/, 'no process of it is left');

  const againMs = Date.now();
  await eve.node.start();
  const said = await untilPlaced(eve);
  assert.match(said[0] ?? '', /waits|votes/, 'its memory is gone, so its votes wait');
  await ground.observer.untilFirstSignature('Eve', againMs, PATIENCE.timeoutMs);
  assert.equal((await eve.node.stop())?.code, 0);
  assert.ok(eve.node.grep(/the node ended; the guard removes its keys/).length > 0);
  await noEquivocation(ground);
  stamp(
    'docs/guard/how-to/guard-container.md',
    eve.runc('--version').stdout.split('\n')[0]?.replace(' version', '') ?? '',
  );
});
