// What the machines of the other tests are: booted by systemd, apart from this machine and from each other,
// and gone with their test.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { until } from './ground.ts';

const START = 'watchbill-machines-';

test('machines are booted by systemd, each with a system of its own, and write nothing here', async (context) => {
  const ground = await bootMachines(['one', 'two']);
  context.after(() => ground.close());
  const [one, two] = ground.machines;
  assert.deepEqual([one.on('hostname'), two.on('hostname')], ['one\n', 'two\n']);
  assert.equal(one.on('cat /proc/1/comm'), 'systemd\n');
  assert.equal(two.on('cat /etc/machine-id').trim(), two.machineId);
  assert.notEqual(one.machineId, two.machineId);
  const name = `/etc/written-by-a-machine-${process.pid}`;
  one.on(`echo kept > ${name}`);
  assert.equal(existsSync(name), false);
  assert.equal(two.on(`ls ${name} 2>/dev/null || echo none`), 'none\n');
  const greeting = one.on(`timeout 20 bash -c 'read -r line < /dev/tcp/${two.address}/22; echo "$line"'`);
  assert.match(greeting, /^SSH-2\.0-/);
  assert.equal(one.on('systemctl list-units --failed --no-legend'), '');

  await one.shutDown();
  await one.boot();
  await two.cutPower();
  await two.boot();
  assert.equal(one.on(`cat ${name}`), 'kept\n');
  assert.match(one.on('journalctl --no-pager --boot=-1 --unit=ssh.service'), /Stopped ssh\.service/);
});

/** Boots machines, says that they are there, and waits for its end. */
const BOOTS = `import { bootMachines } from ${JSON.stringify(fileURLToPath(new URL('../../../testkit/src/machines/booted.ts', import.meta.url)))};
const ground = await bootMachines(['one']);
console.log(ground.folder);
setInterval(() => undefined, 1000);`;

/** Processes of the machines of a test: those below the one that holds them. */
const heldBy = (pid: number): readonly string[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cgroup`, 'utf8').includes(`${START}${pid}-`);
      } catch {
        return false;
      }
    });

test('what a test that is killed leaves is ended by the kernel, and swept by the next', async (context) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', BOOTS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(pid !== undefined && child.stdout !== null);
  const [folder] = (await once(createInterface(child.stdout), 'line')) as [string];
  assert.ok(heldBy(pid).length > 3);
  const links = (): string => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' });
  const addresses = readFileSync(join(folder, 'known_hosts'), 'utf8');
  const net = /^198\.18\.(\d+)\./.exec(addresses)?.[1];
  /** Of the link of that name: one that another test makes later has another number. */
  const numberOf = (): string | undefined =>
    new RegExp(`^(\\d+): wbmachines${net}[:@]`, 'm').exec(links())?.[1];
  const number = numberOf();
  assert.notEqual(number, undefined);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until('its machines are gone', () => heldBy(pid).length === 0);
  await until('its network is gone', () => numberOf() !== number);
  const next = await bootMachines(['one']);
  await next.close();
  // Another test that begins now may be the one that removes it.
  await until(
    'its folder is gone',
    () => !readdirSync(tmpdir()).some((name) => name.startsWith(`${START}${pid}-`)),
  );
  assert.equal(
    readdirSync(tmpdir()).some((name) => name.startsWith(`${START}${process.pid}-`)),
    false,
  );
});
