// Nodes that share a machine run as users of their own. What a node has on its disk is its user's at each
// start, also by rendered files alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { COMMAND } from '@watchbill/testkit/command';
import { bootMachines } from '@watchbill/testkit/machines/booted';
import { nodeBinary } from '@watchbill/testkit/scenario';
import { call, fleetOn, property, unitOf, until, userOf, validatorAndRpc } from './ground.ts';

const [VALIDATOR, RPC] = ['validators-one-0', 'rpc-one-0'] as const;
const NODES = [VALIDATOR, RPC] as const;
const HOME = '/var/lib/watchbill/pier';

const booted = await bootMachines(['one', 'fresh']);
const ground = { ...booted, machines: booted.machines.slice(0, 1) };
const [machine, fresh] = booted.machines;
const fleet = fleetOn(ground);
after(() => ground.close());
before(async () => {
  await validatorAndRpc(fleet, ground);
  // Its own key is a credential of systemd: here is a file to read.
  const user = userOf(VALIDATOR);
  machine.on(`install -m 600 -o ${user} -g ${user} /dev/null ${HOME}/${VALIDATOR}/keys/node.key`);
});

/** What a node of this machine that was taken over may try on another one. */
const attemptsOn = (victim: string): readonly string[] => [
  `cat ${HOME}/${victim}/keys/node.key > /dev/null`,
  `ls ${HOME}/${victim}/keys > /dev/null`,
  `ls ${HOME}/${victim}/data > /dev/null`,
  `kill -0 ${property(machine, victim, 'MainPID')}`,
];

/**
 * Runs the script of attempts with all that the unit of a node has, its own root and namespaces included;
 * answers its exit code.
 */
function under(node: string): string {
  const probe = 'watchbill-probe.service';
  return machine.on(`sed -e '/^ExecStartPre=/d' -e '/^Restart=/d' -e 's|^ExecStart=.*|ExecStart=/bin/sh /run/probe.sh|' -e 's/^Type=.*/Type=oneshot/' \
/etc/systemd/system/${unitOf(node)} > /run/systemd/system/${probe}
systemctl daemon-reload
systemctl start ${probe} 2>/dev/null || :
systemctl show --property=ExecMainStatus --value ${probe}
systemctl reset-failed ${probe} 2>/dev/null || :
rm /run/systemd/system/${probe}; systemctl daemon-reload`);
}

test('neither of two nodes reads the files of the other, or sends it a signal; with the rights of its user alone neither', () => {
  // The exit code has one bit for each attempt, set where it succeeds.
  const attempts = NODES.flatMap(attemptsOn);
  const lines = attempts.map((attempt, at) => `${attempt} && code=$((code + ${2 ** at}))`);
  const script = ['code=0', ...lines, 'exit $code'].join('\n');
  machine.on(`echo ${Buffer.from(script).toString('base64')} | base64 -d > /run/probe.sh`);
  const successes = (code: string) => attempts.filter((_, at) => (Number(code) >> at) % 2 === 1);
  for (const node of NODES) {
    // A node may do all of that to itself.
    assert.deepEqual(successes(under(node)), attemptsOn(node));
    // Without what the unit keeps from it: the kernel says no to the user.
    const asUser = `runuser -u ${userOf(node)} -g ${userOf(node)} -G wb-pier --`;
    const code = machine.on(`${asUser} sh /run/probe.sh 2>/dev/null && echo 0 || echo $?`);
    assert.deepEqual(successes(code), attemptsOn(node), asUser);
    machine.on(`${asUser} cat /etc/watchbill/pier/*.json > /dev/null`);
  }
  assert.equal(machine.on('runuser -u nobody -- ls /etc/watchbill/pier 2>/dev/null || echo no').trim(), 'no');
});

/** Users and groups below a path, as numbers. */
const ownersBelow = (path: string): string => machine.on(`find ${path} -printf '%U:%G\\n' | sort -u`).trim();

test('a handover that was cut off goes on with the next start; a disk of another machine is taken over', async () => {
  const base = `${HOME}/${RPC}`;
  const own = ownersBelow(base);
  const keyNow = (): string => machine.on(`sha256sum ${base}/keys/node.key`);
  const key = keyNow();
  machine.on(`systemctl stop ${unitOf(RPC)}
chown -h wb-pier:wb-pier ${base} ${base}/keys ${base}/keys/node.key
mkdir /run/disk && mount -t tmpfs -o mode=0750 disk /run/disk && cp -r ${base}/data/. /run/disk/ && chown -R 4321:4321 /run/disk
mount --bind /run/disk ${base}/data
systemctl start ${unitOf(RPC)}`);
  assert.equal(ownersBelow(base), own);
  await until('it runs', () => call(machine, 9955, 'system_health') !== null);
  assert.equal(keyNow(), key);
  // Only the disk: its folder is another's, the base folder is the node's.
  machine.on(`systemctl stop ${unitOf(RPC)}; chown -R 4321:4321 /run/disk; systemctl start ${unitOf(RPC)}`);
  assert.equal(ownersBelow(base), own);
});

/** What a node has that is somebody else's. It may run: what it removes meanwhile is not an error. */
const othersBelow = (node: string, user: string): string =>
  fresh.on(`find ${HOME}/${node} -ignore_readdir_race ! -user ${user}`);

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
  fresh.on(`systemctl daemon-reload; systemctl start ${unitOf(RPC)}`);
  await until('it runs', () => property(fresh, RPC, 'SubState') === 'running');
  assert.equal(property(fresh, RPC, 'User'), userOf(RPC));
  assert.equal(othersBelow(RPC, userOf(RPC)), '');
  assert.match(fresh.on(`cat ${HOME}/${RPC}/keys/node.key`), /^[0-9a-f]{64}$/);
  // At each boot its folders are looked at again; a folder that still is to be handed over is left to its
  // unit.
  fresh.on(
    `systemctl stop ${unitOf(RPC)}; chown -R root:root ${HOME}/${RPC}; systemd-tmpfiles --create 2>/dev/null || :`,
  );
  assert.equal(othersBelow(RPC, 'root'), '');
  fresh.on(`systemctl start ${unitOf(RPC)}`);
  assert.equal(othersBelow(RPC, userOf(RPC)), '');
});
