// Nodes that share a machine run as users of their own. A machine on which they were one user is brought over
// by plan and apply, also where that is cut off; what a node has on its disk goes with it.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { MachineResource } from '@watchbill/fleet/file';
import { field } from '@watchbill/kit/testing';
import { COMMAND } from '@watchbill/testkit/command';
import { type BootedMachine, bootMachines } from '@watchbill/testkit/machines/booted';
import { nodeBinary } from '@watchbill/testkit/scenario';
import {
  bringKeys,
  call,
  finalised,
  fleetOn,
  GATE,
  networkOf,
  property,
  unitOf,
  until,
  userOf,
} from './ground.ts';
import { oldResources, put, resourcesNow } from './old-layout.ts';

const [VALIDATOR, RPC] = ['validators-one-0', 'rpc-one-0'] as const;
const NODES = [VALIDATOR, RPC] as const;
const HOME = '/var/lib/watchbill/pier';
const VALIDATOR_RPC = 9944;

const booted = await bootMachines(['one', 'fresh']);
const ground = { ...booted, machines: booted.machines.slice(0, 1) };
const [machine, fresh] = booted.machines;
const fleet = fleetOn(ground);
after(() => ground.close());
before(() => write(null));

/** `peerId`: of the validator, whom the second node is told of. */
function write(peerId: string | null): void {
  const known = `instances: {one-0: {keys: {node: {peerId: ${peerId}}}}}`;
  fleet.write(`${networkOf(ground, '1')}pools:
  validators: {role: validator, count: 1, place: one, ${known}}
  rpc: {role: rpc, count: 1, place: one, ports: {p2p: 30444, rpc: 9955, metrics: 9666}}
`);
}

const keyOf = (node: string): string => machine.on(`sha256sum ${HOME}/${node}/keys/node.key`);
const ownersBelow = (path: string): string => machine.on(`find ${path} -printf '%U:%G\\n' | sort -u`).trim();
/** What a node has that is somebody else's. It may run: what it removes meanwhile is not an error. */
const othersBelow = (on: BootedMachine, node: string, user: string): string =>
  on.on(`find ${HOME}/${node} -ignore_readdir_race ! -user ${user}`);
const userNumber = (node: string): string => {
  const [user, group] = ['-u', '-g'].map((flag) => machine.on(`id ${flag} ${userOf(node)}`).trim());
  return `${user}:${group}`;
};

/**
 * Runs a script with all that the unit of a node has, its own root and namespaces included; answers its exit
 * code.
 */
function under(node: string, script: string): string {
  const probe = 'watchbill-probe.service';
  const encoded = Buffer.from(script).toString('base64');
  return machine
    .on(`echo ${encoded} | base64 -d > /run/probe.sh
sed -e '/^ExecStartPre=/d' -e '/^Restart=/d' -e 's|^ExecStart=.*|ExecStart=/bin/sh /run/probe.sh|' -e 's/^Type=.*/Type=oneshot/' \
/etc/systemd/system/${unitOf(node)} > /run/systemd/system/${probe}
systemctl daemon-reload
systemctl start ${probe} 2>/dev/null || :
systemctl show --property=ExecMainStatus --value ${probe}
systemctl reset-failed ${probe} 2>/dev/null || :
rm /run/systemd/system/${probe}; systemctl daemon-reload`)
    .trim();
}

/** What a node of this machine that was taken over may try on another one. */
function attempts(victim: string): Readonly<Record<string, string>> {
  const pid = property(machine, victim, 'MainPID');
  const folder = `${HOME}/${victim}`;
  return {
    'read its node key': `cat ${folder}/keys/node.key > /dev/null`,
    'list its keystore': `ls ${folder}/keys/keystore > /dev/null`,
    'list its database': `ls ${folder}/data > /dev/null`,
    'send it a signal': `kill -0 ${pid}`,
  };
}

/** Names of the attempts that one node makes on another with success. */
const successes = (node: string, victim: string): readonly string[] =>
  Object.entries(attempts(victim)).flatMap(([name, script]) => (under(node, script) === '0' ? [name] : []));

test('on a machine of before, a node reads the keys of another, and signals it: so the attempts are real', async () => {
  await put(ground, machine, oldResources(ground, '1.json'));
  bringKeys(ground, machine, VALIDATOR, '//Alice');
  machine.on(`systemctl restart ${unitOf(VALIDATOR)}`);
  await until('the validator finalises', () => finalised(machine, VALIDATOR_RPC) >= 2);
  const id = call<string>(machine, VALIDATOR_RPC, 'system_localPeerId');
  write(id);
  await put(
    ground,
    machine,
    oldResources(ground, '1.json').filter(({ name }) => name === unitOf(RPC)),
  );
  await until('the other node follows', () => finalised(machine, 9955) >= 2);
  assert.deepEqual(successes(RPC, VALIDATOR), Object.keys(attempts(VALIDATOR)));
});

let kept: Readonly<Record<string, string>> = {};
let height = 0;

test('the plan makes users and restarts nodes, and nothing worse', async () => {
  const { plan } = await fleet.plan();
  assert.deepEqual(plan.problems, []);
  assert.deepEqual(
    plan.steps.map(({ id, risk }) => `${risk}: ${id}`).toSorted(),
    [
      ...NODES.map((node) => `restart: update one/unit/${unitOf(node)}`),
      ...NODES.map((node) => `safe: create one/user/${userOf(node)}`),
    ].toSorted(),
  );
  for (const node of NODES) {
    const restart = plan.steps.find(({ resourceId }) => resourceId === `one/unit/${unitOf(node)}`);
    assert.ok(restart !== undefined);
    assert.ok(restart.needs.includes(`create one/user/${userOf(node)}`));
    assert.deepEqual(
      restart.fields.filter(({ risk }) => risk !== 'restart'),
      [],
    );
  }
});

test('an apply that is killed before a restart leaves the folder to the node that runs; the machine itself ends it', async () => {
  const { plan } = await fleet.plan();
  kept = Object.fromEntries(NODES.map((node) => [node, keyOf(node)]));
  const before = ownersBelow(HOME);
  const stop =
    '#!/bin/sh\n[ "$1" != restart ] || { touch /run/at-restart; exec sleep 600; }\nexec /usr/bin/systemctl "$@"\n';
  machine.on(`printf '%s' '${stop}' > /usr/local/bin/systemctl; chmod +x /usr/local/bin/systemctl`);
  const args = ['fleet', 'apply', plan.id, ...GATE, '--ssh-config', ground.sshConfigFile];
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: ground.folder, stdio: 'ignore' });
  await until(
    'it restarts a node',
    () => machine.on('ls /run/at-restart 2>/dev/null || :') !== '' || child.exitCode !== null,
  );
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.match(machine.on(`grep -l StateDirectory= /etc/systemd/system/watchbill-pier-*`), /pier/);
  // The node of before runs, and nothing of what it has was taken from it.
  for (const node of NODES) assert.equal(property(machine, node, 'ActiveState'), 'active');
  assert.equal(ownersBelow(HOME), before);
  height = finalised(machine, VALIDATOR_RPC);
  assert.ok(height >= 2);
  machine.on('rm -f /usr/local/bin/systemctl; sync');
  await machine.cutPower();
  await machine.boot();
  const begun = NODES.filter((node) =>
    machine.on(`cat /etc/systemd/system/${unitOf(node)}`).includes('StateDirectory='),
  );
  assert.ok(begun.length > 0);
  for (const node of begun) {
    await until(`${node} runs`, () => property(machine, node, 'SubState') === 'running');
    assert.equal(ownersBelow(`${HOME}/${node}`), userNumber(node));
  }
  assert.notDeepEqual((await fleet.plan()).plan.steps, [], 'what was begun is not taken for done');
  const resumed = await fleet.run('apply', plan.id, ...GATE);
  assert.equal(resumed.code, 0, resumed.out + resumed.err);
});

test('then each node has its own, with its key and its chain, and a plan finds nothing to do', async () => {
  const again = await fleet.plan();
  assert.deepEqual([again.code, again.plan.steps, again.plan.problems], [0, [], []]);
  for (const node of NODES) {
    assert.equal(keyOf(node), kept[node]);
    assert.equal(ownersBelow(`${HOME}/${node}`), userNumber(node));
    assert.equal(machine.on(`stat -c %a ${HOME}/${node}`).trim(), '700');
    assert.equal(machine.on(`stat -c %U /proc/${property(machine, node, 'MainPID')}`).trim(), userOf(node));
    const file = `/etc/systemd/system/${unitOf(node)}`;
    assert.equal(machine.on(`systemd-analyze verify --man=no ${file} 2>&1 | grep ${node} || :`), '');
  }
  assert.equal(machine.on(`find / -xdev -user wb-pier 2>/dev/null | head -n 3`), '');
  assert.equal(machine.on('ps -u wb-pier -o pid= || :'), '');
  await until('it finalises on the chain that it had', () => finalised(machine, VALIDATOR_RPC) > height);
});

test('neither of two nodes reads the files of the other, or sends it a signal; with the rights of its user alone neither', () => {
  for (const [node, victim] of [
    [RPC, VALIDATOR],
    [VALIDATOR, RPC],
  ] as const) {
    assert.deepEqual(successes(node, victim), []);
    assert.equal(under(node, `ls ${HOME}/${node}/keys > /dev/null`), '0', 'the attempts are made');
    // Without what the unit keeps from it: the kernel says no to the user.
    const asUser = `runuser -u ${userOf(node)} -g ${userOf(node)} -G wb-pier --`;
    for (const [name, script] of Object.entries(attempts(victim)))
      assert.equal(machine.on(`${asUser} sh -c '${script}' 2>/dev/null || echo no`).trim(), 'no', name);
    machine.on(`${asUser} ls ${HOME}/${node}/keys`);
    machine.on(`${asUser} cat /etc/watchbill/pier/*.json > /dev/null`);
  }
  assert.equal(machine.on('runuser -u nobody -- ls /etc/watchbill/pier 2>/dev/null || echo no').trim(), 'no');
});

test('a handover that was cut off goes on with the next start; a disk of another machine is taken over', async () => {
  const base = `${HOME}/${RPC}`;
  machine.on(`systemctl stop ${unitOf(RPC)}
chown -h wb-pier:wb-pier ${base} ${base}/keys ${base}/keys/node.key
mkdir /run/disk && mount -t tmpfs -o mode=0750 disk /run/disk && cp -r ${base}/data/. /run/disk/ && chown -R 4321:4321 /run/disk
mount --bind /run/disk ${base}/data
systemctl start ${unitOf(RPC)}`);
  assert.equal(ownersBelow(base), userNumber(RPC));
  await until('it runs', () => call(machine, 9955, 'system_health') !== null);
  assert.equal(keyOf(RPC), kept[RPC]);
  // Only the disk: its folder is another's, the base folder is the node's.
  machine.on(`systemctl stop ${unitOf(RPC)}; chown -R 4321:4321 /run/disk; systemctl start ${unitOf(RPC)}`);
  assert.equal(ownersBelow(base), userNumber(RPC));
  machine.on(
    `systemctl stop ${unitOf(RPC)}; umount ${base}/data; umount /run/disk; systemctl start ${unitOf(RPC)}`,
  );
});

/**
 * In place of chown for a while: says of a unit whether it runs, and ends after one file where it is to go
 * through a folder.
 */
const CUT_CHOWN = `#!/bin/sh
case "$*" in *${HOME}/*) systemctl is-active ${unitOf(VALIDATOR)} >> /run/at-chown ;; esac
[ "$1" != -R ] || { /usr/bin/chown -h "$5" "$6/keys/node.key"; exit 1; }
exec /usr/bin/chown "$@"
`;

test('a unit of before that is put back gets its folder back, and is brought over again, also from half of it', async () => {
  const own = ({ name }: MachineResource): boolean => name === unitOf(VALIDATOR);
  const units = oldResources(ground, '1.json').filter(own);
  const encoded = Buffer.from(CUT_CHOWN).toString('base64');
  machine.on(`echo ${encoded} | base64 -d > /usr/local/bin/chown; chmod +x /usr/local/bin/chown`);
  await assert.rejects(put(ground, machine, units));
  machine.on('rm /usr/local/bin/chown');
  assert.equal(machine.on('sort -u /run/at-chown'), 'inactive\n', 'not while the node runs');
  assert.equal(
    machine.on(`find ${HOME}/${VALIDATOR} -user wb-pier -name node.key`).trim().split('\n').length,
    1,
  );
  await put(ground, machine, resourcesNow(ground, '1.json').filter(own));
  assert.equal(ownersBelow(`${HOME}/${VALIDATOR}`), userNumber(VALIDATOR));

  await put(ground, machine, units);
  await until('it answers', () => finalised(machine, VALIDATOR_RPC) >= height);
  assert.equal(property(machine, VALIDATOR, 'User'), 'wb-pier');
  assert.equal(othersBelow(machine, VALIDATOR, 'wb-pier'), '');
  assert.equal(keyOf(VALIDATOR), kept[VALIDATOR]);
  const { steps } = await fleet.settle();
  assert.deepEqual(steps.map(field('id')), [`update one/unit/${unitOf(VALIDATOR)}`]);
  assert.equal(ownersBelow(`${HOME}/${VALIDATOR}`), userNumber(VALIDATOR));
  assert.equal(keyOf(VALIDATOR), kept[VALIDATOR]);
  assert.equal((await fleet.plan()).code, 0);
});

test('rendered files make users and folders by systemd alone', async () => {
  const render = ['fleet', 'render', '--format', 'systemd', '--out', 'rendered'];
  execFileSync(process.execPath, [COMMAND, ...render], { cwd: ground.folder, stdio: 'pipe' });
  const ssh = ['-F', ground.sshConfigFile, fresh.address];
  const files = ['-C', join(ground.folder, 'rendered/one'), '--mode=a+rX', '-c', 'etc'];
  const archive = execFileSync('tar', files);
  execFileSync('ssh', [...ssh, 'tar -x --no-same-owner -C /'], { input: archive });
  const program = machine.on('ls -d /opt/watchbill/pier/*/watchbill-devnode').trim();
  fresh.on('systemd-sysusers && systemd-tmpfiles --create 2>&1 | grep watchbill || :');
  const install = `mkdir -p $(dirname ${program}); cat > ${program}; chmod 755 ${program}`;
  execFileSync('ssh', [...ssh, install], { input: readFileSync(nodeBinary()) });
  fresh.on(`systemctl daemon-reload; systemctl start ${NODES.map(unitOf).join(' ')}`);
  for (const one of NODES) {
    await until(`${one} runs`, () => property(fresh, one, 'SubState') === 'running');
    assert.equal(othersBelow(fresh, one, userOf(one)), '');
    assert.match(fresh.on(`cat ${HOME}/${one}/keys/node.key`), /^[0-9a-f]{64}$/);
  }
  assert.notEqual(property(fresh, VALIDATOR, 'User'), property(fresh, RPC, 'User'));
  // At each boot its folders are looked at again; a folder that still is to be handed over is left to its
  // unit.
  fresh.on(
    `systemctl stop ${unitOf(RPC)}; chown -R root:root ${HOME}/${RPC}; systemd-tmpfiles --create 2>/dev/null || :`,
  );
  assert.equal(othersBelow(fresh, RPC, 'root'), '');
  fresh.on(`systemctl start ${unitOf(RPC)}`);
  assert.equal(othersBelow(fresh, RPC, userOf(RPC)), '');
});
