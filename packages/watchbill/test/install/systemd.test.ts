// The page docs/install.md on a machine that a real systemd booted. It has Node and the tarball, and
// neither a repository nor a network. The service and the observer start, feed the watchdog, are killed,
// hang, and lose their power.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { stepsOf } from '@watchbill/testkit/pages/page-run';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const WAIT_MS = 180_000;
const CONFIG = '--config /etc/watchbill/watchbill.yaml';
const KEY = `--chain 0x${'11'.repeat(32)} --key 0x${'22'.repeat(32)}`;
/** systemd reads such a number of `systemd-analyze security` as "OK". */
const MOST_EXPOSED = 2;

const folder = leaveNothing('install');
const delivered = join(folder, 'delivered');
let ground: BootedMachines;
let machine: BootedMachine;

before(async () => {
  mkdirSync(join(delivered, 'bin'), { recursive: true });
  execFileSync(process.execPath, [join(ROOT, 'scripts/pack.mjs'), delivered], {
    stdio: 'ignore',
    timeout: WAIT_MS,
  });
  copyFileSync(process.execPath, join(delivered, 'bin/node'));
  ground = await bootMachines(['iron'], { '/opt/delivered': delivered });
  [machine] = ground.machines as unknown as [BootedMachine];
  // Node as an administrator installs it, for all users.
  machine.on('install -m 0755 /opt/delivered/bin/node /usr/local/bin/node');
  follow('1. Install');
  follow('2. Write the configuration and the units');
});
after(() => ground?.close());

/** Runs the commands of a section of the page, as printed, beside the tarball. */
function follow(heading: string): void {
  const steps = stepsOf('docs/install.md').filter((step) => step.heading === heading);
  assert.equal(steps.length, 1, heading);
  for (const { commands } of steps) machine.on(`set -e; cd /opt/delivered\n${commands}`);
}

const property = (name: string, unit = 'watchbill') =>
  machine.on(`systemctl show --property=${name} --value ${unit}`).trim();

async function until(what: string, holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_MS;
  while (!holds()) {
    assert.ok(
      performance.now() < untilMs,
      `${what}\n${machine.on('journalctl -n 30 --no-pager -u watchbill -u watchbill-observer')}`,
    );
    await sleep(500);
  }
}

/** The service has another process, and serves. */
const restarted = (before: string) =>
  until(
    'it is restarted',
    () => !['0', before].includes(property('MainPID')) && property('ActiveState') === 'active',
  );

test('systemd rates the units of service, observer and guard at most 2.0, and reads each line', () => {
  machine.on('cd; watchbill init --systemd --guard daemon --base-path /srv/node --root guard');
  for (const path of [
    '/etc/systemd/system/watchbill.service',
    '/etc/systemd/system/watchbill-observer.service',
    'guard/etc/systemd/system/watchbill-guard.service',
  ]) {
    const rated = machine.on(`cd; systemd-analyze security --offline=yes --no-pager ${path} 2>&1`);
    // systemd warns of a line that it leaves out, and rates the rest.
    assert.doesNotMatch(rated, /ignoring|Failed to parse/);
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(rated)?.[1]);
    assert.ok(exposure > 0 && exposure <= MOST_EXPOSED, `${path}: ${exposure}\n${rated}`);
    console.log(`install: ${path} has an exposure of ${exposure}`);
  }
});

test('under the filter of the guard unit, setpriv ties a process to its parent, as without a filter', () => {
  const filter = machine
    .on(
      'cd; grep -E "^(SystemCall|NoNewPrivileges|CapabilityBoundingSet)" guard/etc/systemd/system/watchbill-guard.service',
    )
    .trim()
    .split('\n');
  assert.ok(filter.includes('SystemCallFilter=~capset:0'), filter.join('\n'));
  const unit = [...filter, 'User=daemon', 'KillMode=none', 'Type=exec']
    .map((line) => `-p '${line}'`)
    .join(' ');
  // The parent lives until it was seen that its child runs.
  const parent =
    'setpriv --pdeathsig KILL -- sleep 2477 & until [ -e /run/tied-ends ]; do sleep 0.1; done; kill -KILL $$';
  machine.on(`systemd-run --unit tied ${unit} bash -c '${parent.replace('$$', '$$$$')}'`);
  machine.on(
    'timeout 120 sh -c \'until pgrep -f "^sleep 2477"; do sleep 0.2; done\' && touch /run/tied-ends',
  );
  machine.on('timeout 120 sh -c \'while pgrep -f "^sleep 2477"; do sleep 0.2; done\'');
});

test('the service starts, is ready by its message, and keeps its secrets out of reach', () => {
  assert.equal(property('ActiveState'), 'active');
  assert.equal(property('Type'), 'notify');
  assert.match(machine.on(`watchbill status --wait 60 ${CONFIG}`), /ready, serving/);
  assert.equal(
    machine.on("stat -c '%a %U' /var/lib/watchbill /var/lib/watchbill/ledger.db").split('\n')[0],
    '700 watchbill',
  );
  const pid = property('MainPID');
  const token = machine.on('cat /etc/watchbill/secrets/operator.token').trim();
  assert.ok(!machine.on(`cat /proc/${pid}/environ /proc/${pid}/cmdline | tr '\\0' '\\n'`).includes(token));
  assert.throws(() =>
    machine.on('setpriv --reuid watchbill --clear-groups cat /etc/watchbill/secrets/operator.token'),
  );
});

test('a claim is granted once, also after the service is killed', async () => {
  machine.on(`cd; cat > policy.yaml <<'END'
{"chain":"0x${'11'.repeat(32)}","key":"0x${'22'.repeat(32)}","roster":[{"name":"alpha","rank":0},{"name":"bravo","rank":1}],"duties":{"babe":{}},"ceilings":{"slotMs":6000},"readiness":{"required":false}}
END
watchbill policy apply policy.yaml ${CONFIG}
watchbill adopt ${KEY} --never-signed --confirmation test ${CONFIG}
for node in alpha bravo; do watchbill token create --role node --name $node --out $node.token ${CONFIG}; done`);
  const slot = Math.floor(Date.now() / 6_000);
  const claim = (node: string) =>
    machine.on(
      `cd; watchbill claim ${KEY} --duty babe --unit ${slot} --digest 0x${'aa'.repeat(32)} --token-file ${node}.token ${CONFIG} || :`,
    );
  assert.match(claim('alpha'), /^granted \(new\)/);
  const before = property('MainPID');
  machine.on('systemctl kill --signal=SIGKILL watchbill');
  await restarted(before);
  machine.on(`watchbill status --wait 60 ${CONFIG}`);
  assert.match(claim('bravo'), /^denied \(unit-taken\)/);
});

test('the watchdog restarts a service that hangs, and leaves one that works', async () => {
  const before = property('MainPID');
  await sleep(45_000);
  assert.equal(property('MainPID'), before, 'it was fed for longer than its period of 30 s');
  machine.on(`kill -STOP ${before}`);
  await restarted(before);
  assert.match(machine.on('journalctl --no-pager -u watchbill'), /Watchdog timeout/);
});

test('the observer starts without a node, and takes its token as a credential', async () => {
  follow('3. Start the observer');
  await until('the observer is active', () => property('ActiveState', 'watchbill-observer') === 'active');
  // The journal takes the words of a process some time after them.
  await until('it says what it does', () =>
    /observing a node/.test(machine.on('journalctl --no-pager -u watchbill-observer')),
  );
});

test('both start again after a power cut, and a lost disk is refused', async () => {
  await machine.cutPower();
  await machine.boot();
  assert.match(machine.on(`watchbill status --wait 60 ${CONFIG}`), /ready, serving/);
  await until('the observer is active', () => property('ActiveState', 'watchbill-observer') === 'active');
  machine.on('systemctl stop watchbill; rm -rf /var/lib/watchbill; systemctl start --no-block watchbill');
  await until('it is refused', () =>
    /may have lost its disk/.test(machine.on('journalctl --no-pager -u watchbill')),
  );
  machine.on('systemctl stop watchbill');
});
