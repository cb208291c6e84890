// What a test of the jump host needs beside booted machines: packages of Debian that a machine without a way
// out can install, a key of WireGuard, and the script of deploy/terraform/jump.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BootedMachine } from '@watchbill/testkit/machines/booted';

const APT_MS = 300_000;

/** What the script installs, and WireGuard in a process for kernels that have none. */
const WANTED = ['sudo', 'openssh-client', 'nftables', 'wireguard-tools', 'wireguard-go'] as const;

/** Downloaded once; whoever has them installed needs no download. */
const CACHE = join(homedir(), '.cache/watchbill/jump-packages');

function apt(cwd: string, ...args: readonly string[]): string {
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  return execFileSync('apt-get', [...args], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: APT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function whatWouldBeInstalled(): string {
  const simulate = () => apt(CACHE, 'install', '--simulate', '--no-install-recommends', ...WANTED);
  try {
    return simulate();
  } catch {
    // A machine that has never asked which packages there are.
    apt(CACHE, 'update');
    return simulate();
  }
}

/** A folder that the machines see, laid out for apt. To be made before they boot. */
export function packagesForMachines(): { readonly folder: string; remove(): void } {
  mkdirSync(CACHE, { recursive: true });
  const simulated = whatWouldBeInstalled();
  const missing = [...simulated.matchAll(/^Inst (\S+) \((\S+)/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
    start: `${name}_${version.replace(':', '%3a')}_`,
  }));
  const has = (start: string) => readdirSync(CACHE).find((file) => file.startsWith(start));
  const lacking = missing.filter(({ start }) => has(start) === undefined);
  if (lacking.length > 0) apt(CACHE, 'download', ...lacking.map(({ name, version }) => `${name}=${version}`));
  // Machines have a /tmp of their own.
  const folder = mkdtempSync('/var/tmp/watchbill-packages-');
  const index = missing.map(({ start }) => {
    const file = has(start);
    assert.ok(file !== undefined, `${start} was not downloaded`);
    const content = readFileSync(join(CACHE, file));
    writeFileSync(join(folder, file), content);
    const about = execFileSync('dpkg-deb', ['-f', join(folder, file)], { encoding: 'utf8' });
    const sha256 = createHash('sha256').update(content).digest('hex');
    return `${about}Filename: ./${file}\nSize: ${content.length}\nSHA256: ${sha256}\n`;
  });
  writeFileSync(join(folder, 'Packages'), index.join('\n'));
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * As a machine of a cloud is at its first boot: Debian's own settings of sshd, root with the client's key as
 * the one who gets in, a way to packages. `sshd` comes before Debian's settings.
 */
export function asDelivered(machine: BootedMachine, packages: string, sshd = ''): void {
  machine.on(`set -eu
rm -f /usr/sbin/policy-rc.d /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:${packages} ./' > /etc/apt/sources.list
install -d -m 0700 /root/.ssh
install -m 0600 /etc/ssh/authorized_keys /root/.ssh/authorized_keys
mkdir -p /etc/ssh/sshd_config.d
printf '%b' '${sshd}' | cat - /usr/share/openssh/sshd_config > /etc/ssh/sshd_config
rm /etc/ssh/authorized_keys
systemctl restart ssh
mount -o remount,rw,bind /proc/sys
mkdir -p /dev/net
[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200`);
}

/** The kernel of this machine has WireGuard, or a process of it is installed. Which. */
export function wireguardOf(machine: BootedMachine): 'kernel' | 'process' {
  return machine.on(`if ip link add wgtry type wireguard 2> /dev/null; then ip link del wgtry; echo kernel
else apt-get update > /dev/null; apt-get install -y --no-install-recommends wireguard-go > /dev/null; echo process; fi`) ===
    'kernel\n'
    ? 'kernel'
    : 'process';
}

/** Both halves, as WireGuard writes them. */
export function wireguardKey(): { readonly own: string; readonly shown: string } {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const plain = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  return { own: plain(d), shown: plain(x) };
}

/** A setting of a cluster's infrastructure that the script depends on. */
export interface JumpSettings {
  /** 10.N.0.0/16 */
  readonly cidr: string;
  readonly sshPublicKey: string;
  readonly wireguard: readonly {
    readonly name: string;
    readonly publicKey: string;
    readonly address: string;
  }[];
}

const TEMPLATE = fileURLToPath(new URL('../../../../deploy/terraform/jump/jump.sh.tftpl', import.meta.url));

/** The script of `deploy/terraform/jump`; tofu-content.test.ts checks what OpenTofu makes of it. */
export function jumpScriptOf({ cidr, sshPublicKey, wireguard }: JumpSettings): string {
  const vpn = cidr.replace(/^(10\.\d+)\..*/, '$1.255');
  const values: Readonly<Record<string, string>> = {
    cidr,
    ssh_key: sshPublicKey.split(' ').slice(0, 2).join(' '),
    vpn_address: `${vpn}.1/24`,
    vpn_range: `${vpn}.0/24`,
    wireguard_port: '51820',
    wireguard_peers: wireguard
      .map(
        ({ name, publicKey, address }) =>
          `\n# ${name}\n[Peer]\nPublicKey = ${publicKey}\nAllowedIPs = ${address}\n`,
      )
      .join(''),
  };
  return readFileSync(TEMPLATE, 'utf8').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    assert.ok(value !== undefined, `the template asks for ${name}`);
    return value;
  });
}
