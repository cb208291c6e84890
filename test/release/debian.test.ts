// The Debian package on a booted machine without Node: install, start, upgrade, purge, and again.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { fileOf, sharedRelease } from '@watchbill/testkit/pages/release';

const CONFIG = '--config /etc/watchbill/watchbill.yaml';
const KEY = `--chain 0x${'11'.repeat(32)} --key 0x${'22'.repeat(32)}`;
const UNIT = `--duty babe --digest 0x${'aa'.repeat(32)}`;
const folder = leaveNothing('debian');
const deb = '/opt/release/watchbill.deb';
let ground: BootedMachines;
let machine: BootedMachine;
let slot: number;

before(async () => {
  const { out } = await sharedRelease(folder);
  const delivered = join(folder, 'delivered');
  mkdirSync(delivered);
  execFileSync('tar', ['-xf', fileOf(out, /-test-node-.*[.]tar[.]xz$/), '-C', delivered]);
  const packed = fileOf(out, process.arch === 'x64' ? /_amd64.deb$/ : /_arm64.deb$/);
  copyFileSync(packed, join(delivered, 'watchbill.deb'));
  ground = await bootMachines(['iron'], { '/opt/release': delivered });
  [machine] = ground.machines as unknown as [BootedMachine];
  machine.on('rm -rf /usr/sbin/policy-rc.d; for node in $(which -a node); do rm "$node"; done; ! which node');
});
after(() => ground?.close());

const property = (name: string) => machine.on(`systemctl show --property=${name} --value watchbill`).trim();
const serves = () => machine.on(`watchbill status --wait 60 ${CONFIG}`);
const claim = (node: string) =>
  machine.on(`cd; watchbill claim ${KEY} ${UNIT} --unit ${slot} --token-file ${node}.token ${CONFIG} || :`);

test('it installs without Node, and starts nothing that has no configuration', () => {
  assert.match(machine.on(`dpkg --install ${deb} 2>&1`), /nothing runs yet. Next: watchbill init --systemd/);
  assert.match(machine.on('watchbill --version'), /^\d+[.]\d+[.]\d+/);
  machine.on('systemctl start watchbill');
  assert.equal(property('ActiveState'), 'inactive');
  assert.equal(property('UnitFileState'), 'disabled');
  machine.on('id watchbill; test -d /etc/watchbill; ! test -e /var/lib/watchbill');
  for (const path of ['man/man1/watchbill-status.1.gz', 'bash-completion/completions/watchbill'])
    machine.on(`test -s /usr/share/${path}`);
});

test('with a configuration its own unit runs, hardened, and a claim is granted', () => {
  machine.on('watchbill init --systemd && systemctl enable --now watchbill');
  assert.match(serves(), /ready, serving/);
  assert.equal(property('FragmentPath'), '/lib/systemd/system/watchbill.service');
  const page = `exec 3<>/dev/tcp/127.0.0.1/8450; printf 'GET /help/duty/reference/reasons.html HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  assert.match(machine.on(`bash -c "${page}"`), /id="session-lost"/);
  const rated = machine.on('systemd-analyze security --no-pager watchbill.service');
  assert.ok(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(rated)?.[1]) <= 2, rated);
  machine.on(`cd; cat > policy.yaml <<'END'
{"chain":"0x${'11'.repeat(32)}","key":"0x${'22'.repeat(32)}","roster":[{"name":"alpha","rank":0},{"name":"bravo","rank":1}],"duties":{"babe":{}},"ceilings":{"slotMs":6000},"readiness":{"required":false}}
END
watchbill policy apply policy.yaml ${CONFIG}
watchbill adopt ${KEY} --never-signed --confirmation test ${CONFIG}
for node in alpha bravo; do watchbill token create --role node --name $node --out $node.token ${CONFIG}; done`);
  slot = Math.floor(Date.now() / 6_000);
  assert.match(claim('alpha'), /^granted \(new\)/);
});

test('real nodes with one key run from the folder alone, with alerts: killed, they sign nothing twice', () => {
  const folder = '/opt/release/watchbill-test-node-*/';
  const properties = ['StandardOutput=file:/tmp/pair.out', 'KillMode=mixed'].map(
    (one) => `--property=${one}`,
  );
  const said = (text: string, seconds: number) =>
    machine.on(
      `timeout ${seconds} sh -c 'until grep -q "${text}" /tmp/pair.out; do sleep 1; done' || :; cat /tmp/pair.out`,
    );
  machine.on(
    `systemd-run --quiet --unit=pair ${properties.join(' ')} sh -c 'cd ${folder} && exec ./pair.sh'`,
  );
  const started = said('now kill one', 120);
  assert.match(started, /^prometheus .* [1-9]\d* alerts; it reads the service and both nodes$/m);
  const processOf = (name: string) => new RegExp(`kill -9 (\\d+) \\(${name}\\)`).exec(started)?.[1];
  machine.on(`kill -9 ${processOf('alpha')}`);
  assert.match(said('alpha is back', 60), /^alpha is away$/m);
  machine.on(`kill -9 ${processOf('service')}`);
  assert.match(said('service is back', 120), /^alerts: WatchbillNobodyGrants/m);
  machine.on('systemctl stop pair');
  const counted = / 2 kills: [1-9]\d* blocks and [1-9]\d* votes of the shared key, 0 signed twice/;
  assert.match(machine.on('cat /tmp/pair.out'), counted);
  // Without the gate the count is not 0. Without Prometheus it goes on.
  machine.on('rm /usr/bin/prometheus');
  const plain = machine.on(`cd ${folder}; PLAIN=1 ./pair.sh --seconds 40 2>&1 || :`);
  assert.match(plain, / [1-9]\d* signed twice/);
  assert.match(plain, /^prometheus +is not installed, .* apt-get install prometheus/m);
});

test('an upgrade restarts the running service, which remembers what it granted', () => {
  const before = property('MainPID');
  machine.on(`cd; dpkg-deb --raw-extract ${deb} next
sed -i 's/^Version: .*/Version: 99.0.0/' next/DEBIAN/control
dpkg-deb --root-owner-group -Znone --build next next.deb && dpkg --install next.deb`);
  assert.match(serves(), /ready, serving/);
  assert.notEqual(property('MainPID'), before);
  assert.match(claim('bravo'), /^denied \(unit-taken\)/);
  // A stopped one stays stopped.
  machine.on('systemctl stop watchbill; cd; dpkg --install next.deb');
  assert.equal(property('ActiveState'), 'inactive');
  machine.on('systemctl start watchbill');
});

test('a purge removes the program and leaves the signing history, which counts after the next install', () => {
  assert.match(
    machine.on('dpkg --purge watchbill 2>&1'),
    /[/]var[/]lib[/]watchbill stays, with signing history/,
  );
  machine.on('! test -e /usr/bin/watchbill; ! pgrep -x watchbill; test -s /var/lib/watchbill/ledger.db');
  machine.on(`dpkg --install ${deb} && systemctl start watchbill`);
  assert.match(serves(), /ready, serving/);
  assert.match(claim('bravo'), /^denied \(unit-taken\)/);
});
