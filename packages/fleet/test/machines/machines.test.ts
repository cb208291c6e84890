// A machine that systemd booted, and what is refused there: nothing is half done, and the error says what to
// do.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MachineResource } from '@watchbill/fleet/file';
import { openMachineTarget } from '@watchbill/fleet/run/machines';
import { systemClock } from '@watchbill/kit';
import { field } from '@watchbill/kit/testing';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { fleetOn, type Ran, until } from './ground.ts';

const ground = await bootMachines(['one']);
const [machine] = ground.machines;
const fleet = fleetOn(ground);
after(() => ground.close());

/** A program of the test in place of a node: what is refused here never runs it. */
function program(name: string, bytes = 0): { readonly source: string; readonly sha256: string } {
  const source = join(ground.folder, name);
  const text = `#!/bin/sh\n# ${name}${'x'.repeat(bytes)}\n[ "$1" = key ] || exec sleep infinity\n`;
  writeFileSync(source, text);
  return { source, sha256: createHash('sha256').update(text).digest('hex') };
}

function write(name: string, { source, sha256 }: { readonly source: string; readonly sha256: string }): void {
  fleet.write(`format: watchbill/network/1
name: ${name}
chain:
  name: westend
machines:
  one: {host: ${machine.address}, user: root}
defaults:
  software:
    binary: {source: ${source}, sha256: ${sha256}}
    command: polkadot
    sdk: stable2509
pools:
  validators: {role: validator, count: 1, place: one}
`);
}

/** Applies what cannot be applied. */
async function refused(...flags: readonly string[]): Promise<Ran> {
  const { plan } = await fleet.plan();
  assert.deepEqual(plan.problems, []);
  const ran = await fleet.run('apply', plan.id, '--gate-timeout', '2', ...flags);
  assert.equal(ran.code, 1, ran.out + ran.err);
  return ran;
}

/** Files of a network outside its records and its memory, and those that a script leaves while it works. */
const filesOf = (name: string): string =>
  machine
    .on(
      `find /etc/systemd/system /etc/watchbill /opt/watchbill /var/lib/watchbill /var/lib/watchbill-fleet -type f '(' -path '*${name}*' -o -name '.watchbill-*' -o -name '*.new' ')' ! -path '/var/lib/watchbill-fleet/*.json' ! -path '/var/lib/watchbill-fleet/*/shared/*' 2>/dev/null || :`,
    )
    .trim();

test('a binary that is not the declared one is refused, and nothing takes its place', async () => {
  write('wrong', { ...program('node-1'), sha256: 'ab'.repeat(32) });
  const ran = await refused();
  assert.match(ran.out, /node-1 has the SHA-256/);
  assert.equal(filesOf('wrong'), '');
});

test('a machine without curl says that it has none', async () => {
  machine.on('mv /usr/bin/curl /usr/bin/curl.away');
  write('nocurl', { source: 'https://binaries.invalid/node', sha256: 'ab'.repeat(32) });
  const ran = await refused();
  machine.on('mv /usr/bin/curl.away /usr/bin/curl');
  assert.match(ran.out, /curl is not on the machine.*apt-get install curl/);
  assert.equal(filesOf('nocurl'), '');
  assert.match((await refused()).out, /Could not resolve host: binaries\.invalid/);
  assert.equal(filesOf('nocurl'), '');
});

test('a full disk is said, and nothing is half there; with room it goes on', async () => {
  machine.on('mkdir -p /opt/watchbill && mount -t tmpfs -o size=64k small /opt/watchbill');
  write('full', program('node-2', 100_000));
  const ran = await refused();
  assert.match(ran.out, /No space left on device/);
  assert.equal(filesOf('full'), '');
  machine.on('umount /opt/watchbill');
  assert.match((await refused()).out, /does not listen on port 9944/);
  assert.match(filesOf('full'), /\/opt\/watchbill\/full\/[0-9a-f]{12}\/polkadot/);
});

test('a file system that is read only is said, and the unit is not half there', async () => {
  const unit = '/etc/systemd/system/watchbill-locked-validators-one-0.service';
  machine.on(
    'mount --bind /etc/systemd/system /etc/systemd/system && mount -o remount,bind,ro /etc/systemd/system',
  );
  write('locked', program('node-3'));
  const ran = await refused();
  assert.match(ran.out, /Read-only file system/);
  machine.on('umount /etc/systemd/system');
  assert.equal(
    machine.on(`ls ${unit} 2>/dev/null || echo none; systemctl is-active ${unit.split('/').at(-1)} || :`),
    'none\ninactive\n',
  );
  assert.match((await refused()).out, /does not listen on port 9944/);
  assert.match(machine.on(`systemctl is-enabled ${unit.split('/').at(-1)}`), /^enabled/);
});

test('what was changed by hand is drift, and what others made stays', async () => {
  const { plan } = await fleet.plan();
  assert.deepEqual(plan.steps, []);
  const unit = 'watchbill-locked-validators-one-0.service';
  machine.on(
    `echo '# by hand' >> /etc/systemd/system/${unit}; echo x > /etc/systemd/system/watchbill-locked-other.service`,
  );
  assert.deepEqual((await fleet.plan()).plan.steps.map(field('id')), [`update one/unit/${unit}`]);
  await refused('--allow-signing', '--allow-data-loss');
  assert.equal(machine.on(`grep -c 'by hand' /etc/systemd/system/${unit} || :`).trim(), '0');
  assert.equal(machine.on('cat /etc/systemd/system/watchbill-locked-other.service').trim(), 'x');
});

test('a unit whose restart did not come off is told as it was, and done again', async () => {
  const name = 'watchbill-cut-node.service';
  const id = `one/unit/${name}`;
  const unit = (seconds: number): MachineResource => ({
    id,
    target: 'machine',
    place: 'one',
    kind: 'unit',
    name,
    needs: [],
    afterHealthy: [],
    subject: { pool: null, node: null, role: null, keySet: null },
    lifecycle: 'reconcile',
    body: { kind: 'unit', name, text: `[Service]\nExecStart=/bin/sleep ${seconds}\n` },
  });
  const place = { target: 'machine', name: 'one', host: machine.address, port: 22, user: 'root' } as const;
  const { sshConfigFile } = ground;
  const target = openMachineTarget({ place, network: 'cut', sshConfigFile, clock: systemClock() });
  const signal = AbortSignal.timeout(300_000);
  const live = async () => {
    const read = await target.read('cut', [unit(2_000)], [], signal);
    assert.ok(read.ok);
    return read.state.live.get(id);
  };
  const cut = (): string =>
    machine.on(`printf '#!/bin/sh\\n[ "$1" != restart ] || exit 1\\nexec /usr/bin/systemctl "$@"\\n' > /usr/local/bin/systemctl
chmod +x /usr/local/bin/systemctl`);
  const whole = (): string => machine.on('rm /usr/local/bin/systemctl');
  try {
    cut();
    assert.equal((await target.apply(unit(1_000), null, signal)).outcome, 'invalid');
    whole();
    // Ours, and neither absent, so that it is seen and can be removed, nor as it is declared.
    const begun = await live();
    assert.ok(begun !== undefined);
    assert.deepEqual(
      [begun.network, (begun.body as { readonly text?: string }).text],
      ['cut', '# not started yet\n'],
    );
    assert.equal((await target.apply(unit(1_000), begun.fingerprint, signal)).outcome, 'done');
    const first = await live();
    assert.deepEqual(first?.body, unit(1_000).body);
    cut();
    for (let again = 0; again < 2; again++)
      assert.equal((await target.apply(unit(2_000), first?.fingerprint ?? null, signal)).outcome, 'invalid');
    whole();
    assert.deepEqual(await live(), first);
    assert.equal((await target.apply(unit(2_000), first?.fingerprint ?? null, signal)).outcome, 'done');
    // systemd is content before the process has become the program.
    await until('the other program runs', () =>
      machine
        .on(`tr '\\0' ' ' < /proc/$(systemctl show --property=MainPID --value ${name})/cmdline`)
        .includes('sleep 2000'),
    );
    assert.equal(machine.on('ls /var/lib/watchbill-fleet/units.pending | grep -c cut || :').trim(), '0');
  } finally {
    target.close();
  }
});

test('a unit that does not stop keeps its file, and the run says so', async () => {
  const unit = 'watchbill-locked-validators-one-0.service';
  const file = `/etc/systemd/system/${unit}`;
  // systemd is told, and the answer is not waited for: so it is still stopping when it is looked at.
  machine.on(`mkdir -p /run/systemd/system/${unit}.d
printf '[Service]\\nExecStop=/bin/sleep 600\\nTimeoutStopSec=600\\n' > /run/systemd/system/${unit}.d/slow.conf
systemctl daemon-reload
printf '#!/bin/sh\\n[ "$1" != disable ] || set -- "$@" --no-block\\nexec /usr/bin/systemctl "$@"\\n' > /usr/local/bin/systemctl
chmod +x /usr/local/bin/systemctl`);
  const place = { target: 'machine', name: 'one', host: machine.address, port: 22, user: 'root' } as const;
  const { sshConfigFile } = ground;
  const target = openMachineTarget({ place, network: 'locked', sshConfigFile, clock: systemClock() });
  try {
    const signal = AbortSignal.timeout(300_000);
    const read = await target.read('locked', [], [], signal);
    assert.ok(read.ok);
    const id = `one/unit/${unit}`;
    const { fingerprint } = read.state.live.get(id) ?? {};
    assert.ok(fingerprint !== undefined);
    const remove = () => target.remove(id, fingerprint, { orphan: false }, signal);
    const kept = await remove();
    assert.ok(kept.outcome === 'invalid' && /does not stop/.test(kept.detail), JSON.stringify(kept));
    assert.equal(machine.on(`ls ${file}`).trim(), file);
    machine.on(`rm /usr/local/bin/systemctl; systemctl kill --signal=KILL ${unit}`);
    assert.equal((await remove()).outcome, 'done');
    assert.equal(machine.on(`ls ${file} 2>/dev/null || echo none`).trim(), 'none');
  } finally {
    target.close();
  }
});

test('a host whose key is not known, a key that it does not take and a port where nobody is are told apart', async () => {
  const place = { target: 'machine', name: 'one', host: machine.address, port: 22, user: 'root' } as const;
  const config = (name: string, text: string): string => {
    const file = join(ground.folder, name);
    writeFileSync(file, text);
    return file;
  };
  const identity = async (sshConfigFile: string, port = 22) => {
    const options = {
      place: { ...place, port },
      network: 'pier',
      sshConfigFile,
      timeoutMs: 120_000,
      clock: systemClock(),
    };
    const target = openMachineTarget(options);
    try {
      return await target.identity(AbortSignal.timeout(180_000));
    } finally {
      target.close();
    }
  };
  const known = `  UserKnownHostsFile ${join(ground.folder, 'known_hosts')}\n`;
  const client = `  IdentityFile ${join(ground.folder, 'client')}\n  IdentitiesOnly yes\n`;
  const key = machine.on('ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub').split(' ')[1];
  assert.deepEqual(await identity(ground.sshConfigFile), {
    ok: true,
    identity: machine.machineId,
    traits: { dmiUuid: null, hostKeys: [key] },
  });
  const strangeHost = await identity(config('a', `Host *\n${client}  UserKnownHostsFile /dev/null\n`));
  assert.ok(!strangeHost.ok && strangeHost.reason === 'forbidden', JSON.stringify(strangeHost));
  const stranger = client.replace('/client', '/stranger');
  const refusedKey = await identity(config('b', `Host *\n${stranger}${known}`));
  assert.ok(!refusedKey.ok && refusedKey.reason === 'forbidden', JSON.stringify(refusedKey));
  const nobody = await identity(ground.sshConfigFile, 9);
  assert.ok(!nobody.ok && nobody.reason === 'unreachable', JSON.stringify(nobody));
});
