// The script of a jump host, run on machines that systemd booted: who gets in afterwards, who does not, and
// where its VPN leads.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BootedMachine, type BootedMachines, bootMachines } from '@watchbill/testkit/machines/booted';
import { followPage, type Substitution } from '@watchbill/testkit/pages/follow';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { until } from './ground.ts';
import { asDelivered, jumpScriptOf, packagesForMachines, wireguardKey, wireguardOf } from './jump-ground.ts';
import { knowMachines, pageReader } from './operators.ts';

const PAGE = 'docs/fleet/how-to/access-nodes.md#log-in-through-the-jump-host';
const SCRIPT_MS = 300_000;
const INSIDE = { jump: '10.42.0.2', node: '10.42.0.20' } as const;
/** A network that the jump host is on too, and whose way is not given to peers. */
const ELSEWHERE = { jump: '203.0.113.2', node: '203.0.113.20' } as const;

const packages = packagesForMachines();
const peerKey = wireguardKey();
let ground: BootedMachines;
let jump: BootedMachine;
let strict: BootedMachine;
let peer: BootedMachine;
let node: BootedMachine;

before(async () => {
  const booted = await bootMachines(['jump', 'strict', 'peer', 'node']);
  [jump, strict, peer, node] = booted.machines;
  ground = booted;
  asDelivered(strict, packages.folder);
  for (const [machine, at] of [
    [jump, 'jump'],
    [node, 'node'],
  ] as const)
    machine.on(
      `ip addr add ${INSIDE[at]}/20 dev host0; ip addr add ${ELSEWHERE[at]}/24 dev host0 # as the cloud does`,
    );
});
after(async () => {
  await ground?.close();
  packages.remove();
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What a script said last is what it ended with; it has said much before. */
const endOf = ({ code, out, err }: Ran): string =>
  `it ended with ${code}: ${out.trimEnd().split('\n').slice(-60).join('\n')}\n${err}`;

/** As administrators do it. */
function ssh(
  user: string,
  { address }: Pick<BootedMachine, 'address'>,
  key: string,
  ...words: readonly string[]
): Ran {
  const known = ['-F', ground.sshConfigFile];
  // The identity of the configuration would be tried as well.
  const unknown = ['-F', '/dev/null', '-o', `IdentityFile=${join(ground.folder, key)}`, ...STRANGER];
  const settings = [...(key === 'client' ? known : unknown), ...PATIENT, '-o', `User=${user}`];
  const { status, stdout, stderr } = spawnSync(
    'ssh',
    [...settings, ...words.slice(0, -1), address, words.at(-1) ?? ''],
    { encoding: 'utf8', timeout: SCRIPT_MS },
  );
  return { code: status, out: stdout, err: stderr };
}
/** While sshd reads its settings again it takes nobody, for a moment. */
const PATIENT = ['-o', 'ConnectionAttempts=10'];
const STRANGER = [
  ...['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
];

const TRY = '\nenters\n';

/**
 * Given to a shell in two parts, as a pipe may: what comes after the first try to log in is not yet read by
 * then, and nobody else's.
 */
function runScript(user: 'root' | 'fleet', machine: BootedMachine, script: string): Ran {
  const at = script.indexOf(TRY) + TRY.length;
  const [first, rest] = [script.slice(0, at), script.slice(at)].map((part) =>
    Buffer.from(part).toString('base64'),
  );
  const root = user === 'root' ? '' : 'sudo -n ';
  const parts = `{ echo ${first} | base64 -d; sleep 1; echo ${rest} | base64 -d; }`;
  return ssh(user, machine, 'client', `${parts} | ${root}sh 2>&1`);
}

const operatorKey = (): string => readFileSync(join(ground.folder, 'client.pub'), 'utf8').trim();

const script = (sshPublicKey = operatorKey()): string =>
  jumpScriptOf({
    cidr: '10.42.0.0/16',
    sshPublicKey,
    wireguard: [{ name: 'operator', publicKey: peerKey.shown, address: '10.42.255.2/32' }],
  });

test('a user who could not log in afterwards keeps root login', () => {
  const asRoot = (command: string): string => ssh('root', strict, 'client', command).out;
  // The image lets nobody in but root: so the user of the script is refused.
  const delivered = (first: string, edit = ''): string =>
    asRoot(`rm -f /etc/ssh/sshd_config.d/*; { echo '${first}'; sed '${edit}' /usr/share/openssh/sshd_config; } > /etc/ssh/sshd_config
systemctl reload ssh`);
  delivered('AllowUsers root');
  const refused = runScript('root', strict, script());
  assert.notEqual(refused.code, 0, endOf(refused));
  assert.match(refused.out, /watchbill: the jump host is not ready/);
  assert.equal(asRoot('id -un'), 'root\n');

  assert.doesNotMatch(refused.out, /as before/, 'sshd was not touched');

  // A setting of the image that is stronger: root is not shut out, and the script does not say that it is.
  delivered('PermitRootLogin prohibit-password');
  const stronger = runScript('root', strict, script());
  assert.notEqual(stronger.code, 0, endOf(stronger));
  assert.match(stronger.out, /root is let in as before/);
  assert.equal(asRoot('ls /etc/ssh/sshd_config.d'), '');

  // Settings that the image has and does not read: with the one that shuts root out, they would be read as
  // well.
  delivered('# no Include', '/^Include/d');
  asRoot('echo AllowUsers root > /etc/ssh/sshd_config.d/50-image.conf');
  const woken = runScript('root', strict, script());
  assert.notEqual(woken.code, 0, endOf(woken));
  assert.match(woken.out, /root is let in as before/);
  assert.equal(
    asRoot('ls /etc/ssh/sshd_config.d; grep -c ^Include /etc/ssh/sshd_config'),
    '50-image.conf\n0\n',
  );

  // A user of whom a process is left is not removed.
  asRoot(
    'for try in $(seq 300); do id fleet > /dev/null 2>&1 || break; userdel --remove fleet 2> /dev/null || sleep 0.1; done',
  );
  const nonsense = runScript('root', strict, script('ssh-ed25519 AAAA'));
  assert.notEqual(nonsense.code, 0);
  assert.equal(asRoot('id fleet > /dev/null 2>&1 || id -un'), 'root\n');
});

test('an image whose sshd reads no folder of settings and uses no PAM is shut as well', () => {
  const edit = '/^Include/d; s/^UsePAM yes/UsePAM no/';
  wireguardOf(strict);
  strict.on(
    `rm -f /etc/ssh/sshd_config.d/*; sed '${edit}' /usr/share/openssh/sshd_config > /etc/ssh/sshd_config; systemctl reload ssh`,
  );
  const ran = runScript('root', strict, script());
  assert.equal(ran.code, 0, endOf(ran));
  assert.equal(ssh('fleet', strict, 'client', 'sudo -n id -un').out, 'root\n');
  assert.match(ssh('root', strict, 'client', 'id -un').err, /Permission denied/);
});

test('the user gets in with the key and is root from there, root itself is refused, and the host says its keys', (context) => {
  asDelivered(jump, packages.folder);
  assert.equal(ssh('root', jump, 'client', 'id -un').out, 'root\n');
  context.diagnostic(`WireGuard of the jump host: ${wireguardOf(jump)}`);
  const ran = runScript('root', jump, script());
  assert.equal(ran.code, 0, endOf(ran));

  assert.equal(ssh('fleet', jump, 'client', 'id -un; sudo -n id -un').out, 'fleet\nroot\n');
  assert.match(ssh('root', jump, 'client', 'id -un').err, /root@\S+: Permission denied \(publickey\)/);
  assert.match(ssh('fleet', jump, 'stranger', 'id -un').err, /fleet@\S+: Permission denied \(publickey\)/);
  const keys = ssh('fleet', jump, 'client', 'cat .ssh/authorized_keys; ls -d /run/watchbill-try 2>&1');
  assert.match(keys.out, /^ssh-ed25519 \S+\nls: cannot access/);
  assert.ok(operatorKey().startsWith(keys.out.split('\n')[0] ?? '?'));

  const fingerprint = spawnSync('ssh-keygen', ['-l', '-f', join(ground.folder, 'jump-host.pub')], {
    encoding: 'utf8',
  });
  const told = ssh(
    'fleet',
    jump,
    'client',
    'cat /etc/issue.d/60-watchbill.issue; sudo -n cat /etc/wireguard/public.key',
  );
  const vpn = told.out.trim().split('\n').at(-1) ?? '';
  const [, hash = ''] = fingerprint.stdout.split(' ');
  const page = pageText(PAGE);
  for (const [line] of page.matchAll(/^watchbill: .*$/gm)) {
    // A key with `…` in it stands for any key.
    const pattern = line.replaceAll(/[().]/g, '[$&]').replaceAll(/[^\s:]*…\S*/g, '\\S+');
    assert.match(told.out, new RegExp(`^${pattern}$`, 'm'));
  }
  for (const text of [ran.out, told.out]) {
    assert.ok(text.includes(`watchbill: ssh ${hash} (ED25519)`), text.slice(-4_000));
    assert.ok(text.includes(`watchbill: vpn ${vpn}`), text.slice(-4_000));
  }
  const secret = ssh('fleet', jump, 'client', 'sudo -n cat /etc/wireguard/private.key').out.trim();
  assert.equal(secret.length, 44);
  assert.ok(!ran.out.includes(secret));
  const access = ssh('fleet', jump, 'client', 'sudo -n find /etc/wireguard -type f -printf "%m %u %f\\n"');
  const held = ['private.key', 'public.key', 'wg0.conf'].map((file) => `600 root ${file}`);
  assert.deepEqual(access.out.trim().split('\n').sort(), held);
});

test('through the jump host by ssh to the private network', () => {
  const proxy = `ProxyCommand=ssh -F ${ground.sshConfigFile} -o User=fleet -W %h:%p ${jump.address}`;
  const alias = ['-o', proxy, '-o', `HostKeyAlias=${node.address}`];
  const ran = ssh('root', { address: INSIDE.node }, 'client', ...alias, 'hostname; echo "$SSH_CONNECTION"');
  assert.match(ran.out, new RegExp(`^node\\n${INSIDE.jump.replaceAll('.', '[.]')} `), ran.err);
});

/** Answers the address of whoever asks. */
const ASKED = `import socket
server = socket.create_server(("0.0.0.0", 8080))
while True:
    one, address = server.accept()
    one.sendall((address[0] + "\\n").encode())
    one.close()`;

/** The one of the page. It also asks for a network that the jump host does not give to peers. */
function peerConfiguration(hostKey: string): string {
  const page = pageText(PAGE);
  const block = /^```ini\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? assert.fail('the page has a configuration');
  const changes: readonly (readonly [string, string])[] = [
    ['PrivateKey = …', `PrivateKey = ${peerKey.own}`],
    ['qVt8c3ML…zk=', hostKey],
    ['ADDRESS:', `${jump.address}:`],
    ['10.42.0.0/16', '10.42.0.0/16, 203.0.113.0/24'],
  ];
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the configuration has ${from}`);
    return text.replace(from, to);
  }, block);
}

test('the VPN leads to the private network, under the address of the jump host, and nowhere else', async () => {
  const state = ssh(
    'fleet',
    jump,
    'client',
    'sudo -n nft list ruleset; sudo -n wg show; cat /proc/sys/net/ipv4/ip_forward',
  );
  assert.match(state.out, /table inet watchbill/);
  assert.match(state.out, /ip saddr 10\.42\.255\.0\/24 masquerade/);
  assert.ok(state.out.includes(`peer: ${peerKey.shown}`), state.out);
  assert.match(state.out, /\n1\n$/);
  const enabled = ssh('fleet', jump, 'client', 'systemctl is-enabled nftables wg-quick@wg0 ssh');
  assert.equal(enabled.out, 'enabled\nenabled\nenabled\n');

  node.on(`systemd-run --quiet --unit=asked python3 -c '${ASKED}'`);
  asDelivered(peer, packages.folder);
  wireguardOf(peer);
  const shown = ssh('fleet', jump, 'client', 'sudo -n cat /etc/wireguard/public.key').out.trim();
  peer.on(`set -eu
apt-get update > /dev/null && apt-get install -y --no-install-recommends wireguard-tools > /dev/null
umask 077
cat > /etc/wireguard/harbour.conf <<'END'
${peerConfiguration(shown)}END
wg-quick up harbour 2>&1`);
  const asks = (address: string): string =>
    peer.on(`timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/8080 && cat <&3' 2>/dev/null || echo none`);
  // Whoever answers begins beside us, and a first greeting of WireGuard that is lost is said again after five
  // seconds.
  let answer = '';
  await until('the node answers over the VPN', () => {
    answer = asks(INSIDE.node);
    return answer !== 'none\n';
  });
  assert.equal(answer, `${INSIDE.jump}\n`);
  assert.equal(asks(ELSEWHERE.node), 'none\n');
  assert.equal(
    ssh('fleet', jump, 'client', `timeout 60 bash -c 'cat < /dev/tcp/${ELSEWHERE.node}/8080'`).out,
    `${ELSEWHERE.jump}\n`,
  );
});

/**
 * As on a machine that is still starting: sshd comes seven seconds after the first try to log in, to those
 * who are in nothing happens.
 */
function withLateSshd(text: string): string {
  const inner = Buffer.from(text).toString('base64');
  return `said=$(mktemp)
systemctl stop ssh
{ until grep -q 'Connection refused' "$said"; do sleep 0.1; done; sleep 7; systemctl start ssh; } > /dev/null 2>&1 &
late=$!
code=0
echo ${inner} | base64 -d | sh > "$said" 2>&1 || code=$?
kill "$late" 2> /dev/null || :
systemctl start ssh
cat "$said"
rm "$said"
exit "$code"`;
}

test('a second run, as some clouds have it at each boot, changes no key and keeps the way in', () => {
  const state =
    'sudo -n cat /etc/wireguard/public.key /home/fleet/.ssh/authorized_keys /etc/issue.d/60-watchbill.issue';
  const first = ssh('fleet', jump, 'client', state).out;
  const ran = runScript('fleet', jump, withLateSshd(script()));
  assert.equal(ran.code, 0, endOf(ran));
  assert.match(ran.out, /the try to log in ended with 255: .*Connection refused/);
  assert.equal(ssh('fleet', jump, 'client', state).out, first);
  assert.match(ssh('root', jump, 'client', 'id -un').err, /Permission denied/);
});

test('every command of the page runs as printed: two ways in by ssh, and a peer more', async () => {
  const reader = await pageReader(ground, 'jump');
  const config = join(reader.folder, 'ssh_config');
  const alias = `Host ${INSIDE.node}\n  HostKeyAlias ${node.address}\n`;
  writeFileSync(config, `${alias}${readFileSync(ground.sshConfigFile, 'utf8')}`);
  knowMachines(reader, config);
  const { shown } = wireguardKey();
  const address: Substitution = ['ADDRESS', jump.address, 'the jump host of the test'];
  await followPage(reader, PAGE, {
    table: [address, ['10.42.1.0', INSIDE.node, 'the node of the test'], ['KEY', shown, 'a key of the test']],
  });
  const state = ssh(
    'fleet',
    jump,
    'client',
    'sudo -n wg show wg0 allowed-ips; sudo -n cat /etc/wireguard/wg0.conf',
  );
  assert.match(state.out, new RegExp(`^${shown.replaceAll('+', '[+]')}\\t10\\.42\\.255\\.3/32$`, 'm'));
  assert.ok(state.out.includes(`PublicKey = ${shown}\nAllowedIPs = 10.42.255.3/32\n`), state.out);
  // The file is one that WireGuard reads.
  const strip = ssh('fleet', jump, 'client', 'sudo -n wg-quick strip wg0');
  assert.ok(strip.out.includes(shown), strip.err);
  const version = ssh('fleet', jump, 'client', 'ssh -V 2>&1').out;
  stamp(PAGE, /^OpenSSH_[\w.]+/.exec(version)?.[0].replace('_', ' ') ?? version);
});
