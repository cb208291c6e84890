import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { RunScript } from './ssh.ts';
import { IDENTITY_SCRIPT, machineIdentity } from './unit-health.ts';

const TIMEOUT_MS = 60_000;
const ID = '0123456789abcdef0123456789abcdef';
const UUID = '4C4C4544-0035-4D10-8056-B7C04F4B3332';

test('a machine shows its id, its hardware and its host keys, and a container not that of its host', async (context) => {
  const root = temporaryFolder(context);
  for (const folder of ['etc/ssh', 'sys/class/dmi/id', 'bin'])
    mkdirSync(join(root, folder), { recursive: true });
  const run: RunScript = async () => {
    const out = execFileSync('sh', ['-euc', IDENTITY_SCRIPT.replaceAll(/\/(?=etc\/|sys\/)/g, `${root}/`)], {
      env: { PATH: `${root}/bin:${process.env.PATH}` },
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    return { kind: 'ended', code: 0, out, err: '' };
  };
  const shown = () => machineIdentity(run, new AbortController().signal);
  const detect = (code: number) =>
    writeFileSync(join(root, 'bin/systemd-detect-virt'), `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
  writeFileSync(join(root, 'etc/machine-id'), `${ID}\n`);
  detect(1);
  assert.deepEqual(await shown(), { ok: true, identity: ID, traits: { dmiUuid: null, hostKeys: [] } });

  writeFileSync(join(root, 'sys/class/dmi/id/product_uuid'), `${UUID}\n`);
  const key = join(root, 'etc/ssh/ssh_host_ed25519_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'root@two words', '-f', key], {
    timeout: TIMEOUT_MS,
  });
  writeFileSync(join(root, 'etc/ssh/ssh_host_rsa_key.pub'), 'no key\n');
  const print = execFileSync('ssh-keygen', ['-l', '-f', `${key}.pub`], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const hostKeys = [print.split(' ')[1]];
  const dmiUuid = UUID.toLowerCase();
  assert.deepEqual(await shown(), { ok: true, identity: ID, traits: { dmiUuid, hostKeys } });
  detect(0);
  assert.deepEqual(await shown(), { ok: true, identity: ID, traits: { dmiUuid: null, hostKeys } });

  writeFileSync(join(root, 'etc/machine-id'), 'uninitialized\n');
  const without = await shown();
  assert.ok(!without.ok);
  assert.match(without.detail, /has no machine id/);
});
