// What the machines of the other tests are: booted by systemd, apart from this machine and from each other.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { bootMachines } from '@watchbill/testkit/machines/booted';

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
