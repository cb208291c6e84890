// Two machines that systemd booted, and real nodes on them under the hardening of their units: what an
// operator does, and what goes wrong.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMAND } from '@watchbill/testkit/command';
import { type BootedMachine, bootMachines } from '@watchbill/testkit/machines/booted';
import { nodeBinary } from '@watchbill/testkit/scenario';
import {
  bringKeys,
  call,
  finalised,
  fleetOn,
  GATE,
  giveNodeKey,
  knownAs,
  makeNodeKey,
  networkOf,
  property,
  unitOf,
  until,
  userOf,
} from './ground.ts';

/** What `systemd-analyze security` measures is 0 (nothing is open) to 10. */
const MOST_EXPOSED = { validator: 2.3, rpc: 1.3 } as const;
const RPC = { 'validators-one-0': 9944, 'validators-two-0': 9944, 'rpc-one-0': 9955 } as const;
const SIGNING = ['--allow-signing', '--allow-data-loss'] as const;

const ground = await bootMachines(['one', 'two']);
const [one, two] = ground.machines;
const fleet = fleetOn(ground);
after(() => ground.close());
/** Peer id of the first validator: all that the file says of how nodes find each other. */
let peerId = '';
/** Other flags for the nodes that are told of it. */
let told = '';

before(async () => {
  const key = makeNodeKey(ground);
  peerId = key.peerId;
  write();
  await giveNodeKey(fleet, 'validators-one-0', key.file);
});

interface Peers {
  readonly peers: number;
}

interface Wish {
  readonly binary?: string;
  readonly rpc?: boolean;
  readonly flags?: string;
  readonly more?: string;
}

function write({ binary, rpc = true, flags = '', more = '' }: Wish = {}): void {
  const pools = `pools:
  validators:
    role: validator
    places: {one: 1, two: 1}
    flags: {${flags}}
    instances: {one-0: ${knownAs(peerId)}, two-0: {flags: {${told}}}}
${rpc ? `  rpc: {role: rpc, places: {one: 1}, flags: {${told}}, ports: {p2p: 30444, rpc: 9955, metrics: 9666}}\n` : ''}`;
  fleet.write(networkOf(ground, '2', binary) + pools + more);
}

const nodeKeyOf = (machine: BootedMachine, node: string): string =>
  machine.on(`sha256sum /var/lib/watchbill/pier/${node}/keys/node.key`);

async function untilFinal(machine: BootedMachine, port: number, more: number): Promise<void> {
  const height = finalised(machine, port);
  await until(`${more} more final blocks`, () => finalised(machine, port) >= height + more);
}

test('a machine gets a user for each node, folders, the binary and units; real nodes run under them; then there is nothing to do', async () => {
  write();
  const plan = await fleet.settle();
  assert.ok(plan.steps.some(({ resourceId }) => resourceId.startsWith('two/unit/')));
  assert.equal((await fleet.plan()).code, 0);
  for (const [machine, node] of [
    [one, 'validators-one-0'],
    [two, 'validators-two-0'],
    [one, 'rpc-one-0'],
  ] as const) {
    assert.equal(property(machine, node, 'ActiveState'), 'active');
    assert.equal(property(machine, node, 'NRestarts'), '0');
    const file = `/etc/systemd/system/${unitOf(node)}`;
    assert.equal(machine.on(`systemd-analyze verify --man=no ${file} 2>&1 | grep ${node} || :`), '');
    assert.equal(machine.on(`stat -c %U /proc/${property(machine, node, 'MainPID')}`).trim(), userOf(node));
    assert.match(machine.on(`getent passwd ${userOf(node)}`), /nologin/);
  }
  const status = await fleet.run('status');
  assert.equal(status.code, 0, status.out + status.err);
});

test('nodes found each other over both machines by what the file knows: the address of a machine, one peer id', async () => {
  assert.equal(call<string>(one, RPC['validators-one-0'], 'system_localPeerId'), peerId);
  for (const [machine, node] of [
    [one, 'rpc-one-0'],
    [two, 'validators-two-0'],
  ] as const)
    await until(
      `${node} has peers`,
      () => Number(call<Peers>(machine, RPC[node], 'system_health')?.peers) > 0,
    );
});

test('what its unit leaves open to a node is little, and is held to by the kernel', () => {
  for (const [node, most] of [
    ['validators-one-0', MOST_EXPOSED.validator],
    ['rpc-one-0', MOST_EXPOSED.rpc],
  ] as const) {
    const said = one.on(`systemd-analyze security --no-pager ${unitOf(node)}`);
    const level = Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
    assert.ok(level <= most, `${node}: ${level}`);
    const status = one.on(`cat /proc/${property(one, node, 'MainPID')}/status`);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.match(status, /^Seccomp:\s+2$/m);
    assert.match(status, /^CapBnd:\s+0+$/m);
  }
});

/** Runs a command as the unit of a node runs its program; answers its exit code. */
function underUnit(node: string, command: string): string {
  const probe = 'watchbill-probe.service';
  const file = `/run/systemd/system/${probe}`;
  return one
    .on(`sed -e '/^ExecStartPre=/d' -e '/^Restart=/d' -e "s|^ExecStart=.*|ExecStart=/bin/sh -c '${command}'|" \
-e 's/^Type=.*/Type=oneshot/' /etc/systemd/system/${unitOf(node)} > ${file}
systemctl daemon-reload
systemctl start ${probe} 2>/dev/null || :
systemctl show --property=ExecMainStatus --value ${probe}
systemctl reset-failed ${probe} 2>/dev/null || :
rm ${file}; systemctl daemon-reload`)
    .trim();
}

test('a unit keeps a program from what is not its own, and lets a validator build the sandbox of its workers', () => {
  const own = '/var/lib/watchbill/pier/validators-one-0/data';
  assert.equal(underUnit('validators-one-0', `touch ${own}/x \\&\\& rm ${own}/x`), '0');
  for (const command of [
    'touch /var/lib/watchbill/pier/rpc-one-0/data/x',
    'touch /etc/watchbill/pier/x',
    'ls /root/',
    'dmesg',
    'mount -t tmpfs x /mnt',
  ])
    assert.notEqual(underUnit('validators-one-0', command), '0', command);
  // Its own user namespace and mounts in it, another root: as the workers of polkadot do it.
  const sandbox = `unshare --user --map-root-user --mount sh -ec "mount --bind ${own} ${own}; cd ${own}; mkdir -p old; pivot_root . old"`;
  const escaped = sandbox.replaceAll('"', '\\"');
  assert.equal(underUnit('validators-one-0', escaped), '0');
  const ofRpc = escaped.replaceAll('validators-one-0', 'rpc-one-0');
  assert.notEqual(underUnit('rpc-one-0', ofRpc), '0');
});

test('a node of a cloud cannot ask its metadata service, and the machine can', () => {
  for (const [address, bits, url] of [
    ['169.254.169.254', 32, 'http://169.254.169.254/'],
    ['fd00:ec2::254', 128, 'http://[fd00:ec2::254]/'],
  ] as const) {
    one.on(`ip addr add ${address}/${bits} dev lo`);
    one.on(
      `systemd-run --quiet --unit=metadata sh -c "cd /var/empty 2>/dev/null || cd /; exec python3 -m http.server --bind ${address} 80"`,
    );
    const ask = `curl --globoff --silent --max-time 3 --output /dev/null ${url}`;
    one.on(`${ask} --retry 60 --retry-delay 1 --retry-connrefused`);
    assert.notEqual(underUnit('rpc-one-0', ask), '0', address);
    one.on(`systemctl stop metadata; ip addr del ${address}/${bits} dev lo`);
  }
});

test('a changed unit is a restart, waited for; then the validators author and finalise', async () => {
  told = 'in-peers: 30';
  write();
  const { plan } = await fleet.plan();
  assert.deepEqual(plan.steps.map(({ id }) => id).toSorted(), [
    `update one/unit/${unitOf('rpc-one-0')}`,
    `update two/unit/${unitOf('validators-two-0')}`,
  ]);
  assert.deepEqual(new Set(plan.steps.map(({ risk }) => risk)), new Set(['restart']));
  const before = property(two, 'validators-two-0', 'MainPID');
  await fleet.settle();
  assert.notEqual(property(two, 'validators-two-0', 'MainPID'), before);
  bringKeys(ground, one, 'validators-one-0', '//Alice');
  bringKeys(ground, two, 'validators-two-0', '//Bob');
  // A voter of GRANDPA looks for its key when it starts.
  one.on(`systemctl restart ${unitOf('validators-one-0')}`);
  two.on(`systemctl restart ${unitOf('validators-two-0')}`);
  await untilFinal(one, RPC['rpc-one-0'], 3);
});

test('a node that is killed comes back', async () => {
  const before = property(two, 'validators-two-0', 'MainPID');
  two.on(`kill -9 ${before}`);
  await until('systemd started it again', () => Number(property(two, 'validators-two-0', 'NRestarts')) >= 1);
  await untilFinal(two, RPC['validators-two-0'], 2);
  assert.notEqual(property(two, 'validators-two-0', 'MainPID'), before);
});

test('a machine whose power is cut comes back with its nodes and their keys', async () => {
  const keys = nodeKeyOf(two, 'validators-two-0');
  const keystore = () => two.on('ls /var/lib/watchbill/pier/validators-two-0/keys/keystore').trim();
  const held = keystore();
  assert.equal(held.split('\n').length, 4);
  await two.cutPower();
  await two.boot();
  assert.equal(nodeKeyOf(two, 'validators-two-0'), keys);
  assert.equal(keystore(), held);
  await untilFinal(two, RPC['validators-two-0'], 2);
  assert.equal((await fleet.plan()).code, 0);
});

test('an apply that is killed before the restart is taken up again, and the node has its new command line', async () => {
  write({ flags: 'db-cache: 65' });
  const { plan } = await fleet.plan();
  assert.deepEqual(plan.steps.map(({ place }) => place).toSorted(), ['one', 'two']);
  // The restart stands still, on both machines, where nobody knows whether it was done.
  const stop =
    '#!/bin/sh\n[ "$1" != restart ] || { touch /run/at-restart; exec sleep 600; }\nexec /usr/bin/systemctl "$@"\n';
  for (const machine of [one, two])
    machine.on(`printf '%s' '${stop}' > /usr/local/bin/systemctl; chmod +x /usr/local/bin/systemctl`);
  const args = ['fleet', 'apply', plan.id, ...GATE, ...SIGNING, '--ssh-config', ground.sshConfigFile];
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: ground.folder, stdio: 'ignore' });
  // What stands still must be there when it is ended below.
  const at = (machine: BootedMachine): boolean =>
    machine.on('[ ! -e /run/at-restart ] || pgrep -x sleep || :') !== '';
  await until('it restarts a node', () => at(one) || at(two));
  const [machine, node] = at(one)
    ? ([one, 'validators-one-0'] as const)
    : ([two, 'validators-two-0'] as const);
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const each of [one, two])
    each.on('pkill -9 -x sleep || :; rm -f /usr/local/bin/systemctl /run/at-restart');
  const commandLine = (): string =>
    machine.on(`tr '\\0' ' ' < /proc/${property(machine, node, 'MainPID')}/cmdline`);
  assert.match(machine.on(`grep -c db-cache=65 /etc/systemd/system/${unitOf(node)}`), /^1/);
  assert.doesNotMatch(commandLine(), /db-cache=65/);
  assert.notEqual((await fleet.plan()).plan.steps.length, 0, 'what runs is what lives');
  const resumed = await fleet.run('apply', plan.id, ...GATE, ...SIGNING);
  assert.equal(resumed.code, 0, resumed.out + resumed.err);
  assert.match(commandLine(), /db-cache=65/);
  assert.equal((await fleet.plan()).code, 0);
  await untilFinal(one, RPC['rpc-one-0'], 2);
});

test('a roll-out goes node by node; a program that ends at once is taken back', async () => {
  const second = join(ground.folder, 'second');
  copyFileSync(nodeBinary(), second);
  appendFileSync(second, '\n');
  chmodSync(second, 0o755);
  const soak = 'rollout: {soakSeconds: 0, gateSeconds: 240}\n';
  write({ flags: 'db-cache: 65', binary: second, more: soak });
  const done = await fleet.run('rollout');
  assert.equal(done.code, 0, done.out + done.err);
  assert.match(done.out, /verified +rpc, stage 1 of 1/);
  const all = () =>
    [one, two]
      .map((machine) => machine.on('grep -h ^ExecStart= /etc/systemd/system/watchbill-pier-*.service'))
      .join('');
  assert.equal(new Set(all().match(/\/opt\/watchbill\/pier\/[0-9a-f]{12}/g)).size, 1);
  await untilFinal(one, RPC['rpc-one-0'], 2);

  const bad = join(ground.folder, 'bad');
  writeFileSync(bad, '#!/bin/sh\n[ "$1" = key ] || exit 3\n', { mode: 0o755 });
  const before = all();
  write({ flags: 'db-cache: 65', binary: bad, more: 'rollout: {soakSeconds: 0, gateSeconds: 5}\n' });
  const back = await fleet.run('rollout');
  assert.equal(back.code, 1, back.out + back.err);
  assert.match(back.out, /As before: one\/unit\/watchbill-pier-rpc/);
  assert.equal(all(), before);
  await untilFinal(one, RPC['validators-one-0'], 2);
});

test('what is not asked for any more is stopped and removed, and its keys stay', async () => {
  write({ flags: 'db-cache: 65', rpc: false, binary: join(ground.folder, 'second') });
  const pid = property(one, 'rpc-one-0', 'MainPID');
  await fleet.settle('--allow-data-loss');
  assert.equal(
    one.on(`ls /etc/systemd/system/${unitOf('rpc-one-0')} 2>/dev/null || echo none`).trim(),
    'none',
  );
  assert.equal(property(one, 'rpc-one-0', 'LoadState'), 'not-found');
  assert.equal(one.on(`ls -d /proc/${pid} 2>/dev/null || echo gone`).trim(), 'gone');
  assert.match(nodeKeyOf(one, 'rpc-one-0'), /^[0-9a-f]{64}/);
  // The user too: another who got its number would own what is on the disk.
  assert.equal(one.on(`stat -c %U /var/lib/watchbill/pier/rpc-one-0/data`).trim(), userOf('rpc-one-0'));
  await untilFinal(one, RPC['validators-one-0'], 2);
});
