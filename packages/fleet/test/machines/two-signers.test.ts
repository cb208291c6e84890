// Ways to two signers on machines that systemd booted: one seed put on both, and a machine that is a clone of
// another, at its own address or at that of the other.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startCommand } from '@watchbill/testkit/command';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { networkWithProgram } from './secrets-ground.ts';

const TIMEOUT_MS = 120_000;
const NOTES = '/var/lib/watchbill-fleet/pier/public-keys';

const ground = await bootMachines(['iron', 'tin']);
after(() => ground.close());

const machine = (name: string) => {
  const found = ground.machines.find((one) => one.name === name);
  assert.ok(found !== undefined);
  return found;
};

async function fleet(args: readonly string[], input = '', sshConfig = ground.sshConfigFile) {
  const words = ['fleet', ...args, '--ssh-config', sshConfig];
  const { code, all } = await startCommand(ground.folder, words, { timeoutMs: TIMEOUT_MS, input }).ended;
  return { code, out: all };
}

/** A validator with keys from a secret on each machine; `addresses`: a machine at that of another. */
function write(places: readonly string[], addresses: Readonly<Record<string, string>> = {}): void {
  const hosts = Object.fromEntries(places.map((name) => [name, machine(addresses[name] ?? name).address]));
  const counts = places.map((name) => `${name}: 1`).join(', ');
  const keys = '{session: {source: secret, secret: "{node}-keys", types: {babe: sr25519}}}';
  const pool = `  v: {role: validator, places: {${counts}}, keys: ${keys}}\n`;
  writeFileSync(join(ground.folder, 'network.yaml'), `${networkWithProgram(ground, hosts)}${pool}`);
}

const seed = () => `0x${randomBytes(32).toString('hex')}`;
const put = (name: string, value: string) => fleet(['secrets', 'put', `v-${name}-0-keys`, 'babe'], value);

test('one seed is put on one machine, and a plan with unknown keys waits for a person', async () => {
  write(['iron', 'tin']);
  const value = seed();
  const first = await put('iron', value);
  assert.equal(first.code, 0, first.out);
  const again = await put('tin', value);
  assert.equal(again.code, 3, again.out);
  assert.match(
    again.out,
    /the credential pier\.v-iron-0-keys\.babe of iron has the same key 0x[0-9a-f]{64}: v-tin-0/,
  );
  assert.match(again.out, /secrets-same-key/);
  assert.equal(machine('tin').on('ls /etc/watchbill-fleet/credentials 2>/dev/null | wc -l').trim(), '0');
  // Control: without the note the seed is taken, as every seed was before.
  machine('iron').on(`rm -r ${NOTES}`);
  assert.equal((await put('tin', value)).code, 0);
  const unknown = await fleet(['plan', '--first-time']);
  assert.equal(unknown.code, 3, unknown.out);
  assert.match(unknown.out, /may have its keys: the public keys of .*v-iron-0.* are not known/);
  const claimed = await fleet(['plan', '--first-time', '--different-keys']);
  assert.equal(claimed.code, 6, claimed.out);
  assert.match(claimed.out, /Claimed by --different-keys/);
  machine('tin').on('rm -r /etc/watchbill-fleet');
});

test('a machine at another address is refused while another one with its machine id answers at the old address', async () => {
  rmSync(join(ground.folder, '.watchbill-fleet'), { recursive: true, force: true });
  machine('iron').on('rm -r /etc/watchbill-fleet');
  write(['iron']);
  assert.equal((await put('iron', seed())).code, 0);
  const first = await fleet(['plan', '--first-time', '--json']);
  assert.equal(first.code, 6, first.out);
  const { plan } = JSON.parse(first.out) as { readonly plan: { readonly id: string } };
  // The program is not a node, so the run waits for its health in vain; the unit runs.
  await fleet(['apply', plan.id, '--allow-signing', '--gate-timeout', '5']);
  const unit = 'systemctl is-active watchbill-pier-v-iron-0.service';
  assert.equal(machine('iron').on(unit).trim(), 'active');
  const id = machine('iron').on('cat /etc/machine-id').trim();
  machine('tin').on(`echo ${id} > /etc/machine-id`);
  write(['iron'], { iron: 'tin' });
  assert.equal((await put('iron', seed())).code, 0);
  const moved = await fleet(['plan']);
  assert.equal(moved.code, 3, moved.out);
  const addresses = ['tin', 'iron'].map((name) => machine(name).address.replaceAll('.', '\\.'));
  assert.match(
    moved.out,
    new RegExp(
      `${addresses[0]} port 22 and ${addresses[1]} port 22, where iron was before, are two machines with one machine id`,
    ),
  );
  // A claim does not help while both machines answer.
  const claimed = await fleet(['plan', '--same-machine', 'iron', '--abandon', plan.id]);
  assert.equal(claimed.code, 3, claimed.out);
  assert.match(claimed.out, /are two machines with one machine id/);
  assert.equal(machine('iron').on(unit).trim(), 'active');

  // Control: an old address that cannot be asked, and a person who is wrong about the clone.
  const apart = join(ground.folder, 'without-iron');
  const rest = readFileSync(ground.sshConfigFile, 'utf8');
  writeFileSync(apart, `Host ${machine('iron').address}\n  ProxyCommand false\n\n${rest}`);
  const alone = (...args: readonly string[]) => fleet(args, '', apart);
  const unasked = await alone('plan');
  assert.equal(unasked.code, 3, unasked.out);
  const wrong = await alone('plan', '--same-machine', 'iron', '--json');
  assert.equal(wrong.code, 6, wrong.out);
  const next = JSON.parse(wrong.out) as { readonly plan: { readonly id: string } };
  await alone('apply', next.plan.id, '--allow-signing', '--gate-timeout', '5');
  const both = ['iron', 'tin'].map((name) => machine(name).on(unit).trim());
  assert.deepEqual(both, ['active', 'active'], 'two machines sign');
});
