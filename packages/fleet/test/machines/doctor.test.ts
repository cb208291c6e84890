// `watchbill doctor` compares the keystores of machines that systemd booted, over a real sshd.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { runCli, systemIo } from 'watchbill';

const KEYSTORE = '/var/lib/polkadot/chains/polkadot/keystore';
const NAMES = ['6772616e', '62616265'].map((type) => `${type}${'7'.repeat(64)}`);
/** A unit that starts at boot, and a timer that starts it, too. */
const UNITS = [
  "printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/node.service",
  "printf '[Timer]\\nOnCalendar=daily\\n[Install]\\nWantedBy=timers.target\\n' > /etc/systemd/system/node.timer",
  'systemctl daemon-reload && systemctl enable node.service && systemctl enable --now node.timer',
].join(' && ');
const MAKE = [
  `install -d -m 700 ${KEYSTORE}`,
  ...NAMES.map((name) => `install -m 600 /dev/null ${KEYSTORE}/${name}`),
].join(' && ');

const found = ({ findings }: { readonly findings: readonly { letter: string; check: string }[] }) =>
  findings.map(({ letter, check }) => `${letter} ${check}`);

test('keys and a unit on a retired machine are found, and gone after the commands that mend them', async (context) => {
  const ground = await bootMachines(['active', 'retired']);
  context.after(() => ground.close());
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-doctor-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [active, retired] = ground.machines;
  for (const machine of ground.machines) machine.on(MAKE);

  const places = ground.machines.map(({ address }) => `root@${address}:${KEYSTORE}`);
  const doctor = async (...more: readonly string[]) => {
    let [out, err] = ['', ''];
    const io = {
      ...{ ...systemIo(), cwd: folder },
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        err += text;
      },
    };
    const args = places.flatMap((place) => ['--keystore', place]);
    const code = await runCli(['doctor', ...args, '--ssh-config', ground.sshConfigFile, ...more], io);
    return { code, out, err };
  };
  const first = await doctor();
  assert.equal(first.code, 3, first.err);
  assert.match(first.out, /^F {2}2 keystores hold the same 2 keys$/m);
  assert.ok(first.out.includes(places.join(', ')), first.out);

  const mend = new RegExp(`mend +if .*: ssh root@${retired.address} '(shred -u [^']+)'$`, 'm').exec(
    first.out,
  );
  assert.ok(mend?.[1], first.out);
  retired.on(mend[1]);
  const second = await doctor('--json');
  assert.deepEqual(JSON.parse(second.out).findings, []);
  assert.equal(second.code, 0, second.err);
  assert.equal(active.on(`ls ${KEYSTORE} | wc -l`).trim(), '2');

  retired.on(UNITS);
  const unit = `root@${retired.address}:node.service`;
  const enabled = JSON.parse((await doctor('--unit', unit, '--json')).out);
  assert.deepEqual(found(enabled), ['E unit-elsewhere']);
  const [finding] = enabled.findings;
  assert.deepEqual(finding.evidence, ['UnitFileState=enabled, ActiveState=inactive', 'node.timer starts it']);
  retired.on(/'(systemctl disable [^']+)'$/.exec(finding.mend)?.[1] ?? assert.fail(finding.mend));
  assert.deepEqual(found(JSON.parse((await doctor('--unit', unit, '--json')).out)), []);

  await retired.shutDown();
  const third = await doctor('--json');
  assert.equal(third.code, 4, third.err);
  const { notLooked } = JSON.parse(third.out);
  const { why } = notLooked.find(({ check }: { check: string }) => check === 'keystore-shared');
  assert.match(why, new RegExp(`^(ssh )?root@${retired.address}`));
});
