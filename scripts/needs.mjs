// The needs of each tier: how to check the machine for one, and how to install it.

import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { faultLine } from './build-fault.mjs';
import { checkedGo, goRemedy } from './go-toolchain.mjs';
import { ROOT } from './pinned.mjs';
import { runStep } from './run-step.mjs';

/** @typedef {object} Need
 * @property {string} name
 * @property {() => boolean} isThere
 * @property {readonly string[]} debian packages that bring it
 * @property {string} [remedy] where no package brings it: what does
 */

const PROBE_TIMEOUT_MS = 20_000;
/** Apt finishes the package in hand before it stops. */
const APT_GRACE_MS = 2 * 60_000;

/** Whether a command starts at all and ends well. */
function answers(command, args) {
  const probe = spawnSync(command, args, { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS });
  return probe.status === 0;
}

/** @type {Need} */
export const curlNeed = { name: 'curl', isThere: () => answers('curl', ['--version']), debian: ['curl'] };

/** The second shell of the tutorial. @type {Need} */
export const zshNeed = { name: 'zsh', isThere: () => answers('zsh', ['--version']), debian: ['zsh'] };

/** @type {Need} */
export const etcdNeed = {
  name: 'etcd',
  isThere: () => answers('etcd', ['--version']) && answers('etcdctl', ['version']),
  debian: ['etcd-server', 'etcd-client'],
};

/**
 * A Go of at least this version, which no package of Debian brings. @type {(major: number, minor: number) =>
 * Need & { remedy: string }}
 */
const goSince = (major, minor) => ({
  name: `go ${major}.${minor} or newer`,
  isThere: () => {
    try {
      return checkedGo('the tests', [major, minor]) !== '';
    } catch {
      return false;
    }
  },
  debian: [],
  remedy: goRemedy([major, minor]),
});

/** The modules of PD and of the test store ask for it. */
export const newGoNeed = goSince(1, 23);

/** The modules of OpenTofu and Loki ask for it. */
export const newestGoNeed = goSince(1, 26);

/** The model checker, and the compiler for the search that it writes. @type {Need} */
export const spinNeed = {
  name: 'spin and gcc',
  isThere: () => answers('spin', ['-V']) && answers('gcc', ['--version']),
  debian: ['spin', 'gcc', 'libc6-dev'],
};

/** Network namespaces with separate links, so that a test can cut a node off. @type {Need} */
export const netnsNeed = {
  name: 'root, ip and tc',
  isThere: () => process.getuid?.() === 0 && answers('ip', ['-V']) && answers('tc', ['-V']),
  debian: ['iproute2'],
};

/** A clock that can be stepped for one process. @type {Need} */
export const faketimeNeed = {
  name: 'libfaketime',
  isThere: () => globSync('/usr/lib/*-linux-gnu/faketime/libfaketimeMT.so.1').length > 0,
  debian: ['faketime'],
};

/** The tool whose format sealed keys have. @type {Need} */
export const ageNeed = {
  name: 'age',
  isThere: () => answers('age', ['--version']) && answers('age-keygen', ['--version']),
  debian: ['age'],
};

/** For the pages whose commands use it. @type {Need} */
export const kubectlNeed = {
  name: 'kubectl',
  isThere: () => answers('kubectl', ['version', '--client']),
  debian: ['kubernetes-client'],
};

/** With their programs for tests of rules and routes. @type {Need} */
export const prometheusNeed = {
  name: 'prometheus, alertmanager and node exporter',
  isThere: () =>
    answers('promtool', ['--version']) &&
    answers('amtool', ['--version']) &&
    existsSync('/usr/bin/prometheus-alertmanager') &&
    existsSync('/usr/bin/prometheus-node-exporter'),
  debian: ['prometheus', 'prometheus-alertmanager', 'prometheus-node-exporter'],
};

/** Targets of node backups, by the programs that bring them there. @type {Need} */
export const archiveNeed = {
  name: 'rclone and restic',
  isThere: () => answers('rclone', ['version']) && answers('restic', ['version']),
  debian: ['rclone', 'restic'],
};

/** @type {Need} */
export const postgresNeed = {
  name: 'postgresql',
  isThere: () => globSync('/usr/lib/postgresql/*/bin/postgres').length > 0,
  debian: ['postgresql'],
};

/** Pages to browse a database on, with PHP's own server. @type {Need} */
export const adminerNeed = {
  name: 'adminer',
  isThere: () =>
    existsSync('/etc/adminer/conf.php') && answers('php', ['--version']) && answers('sqlite3', ['--version']),
  debian: ['adminer', 'php-cgi', 'php-cli', 'php-pgsql', 'php-sqlite3', 'sqlite3'],
};

/** @type {Need} */
export const redisNeed = {
  name: 'redis-server',
  isThere: () => answers('redis-server', ['--version']),
  debian: ['redis-server'],
};

/** Machines that systemd boots here, in separate containers, entered by ssh. @type {Need} */
export const bootedNeed = {
  name: 'root, systemd-nspawn, D-Bus, sshd, ip, curl, sudo, nft and WireGuard',
  isThere: () =>
    process.getuid?.() === 0 &&
    existsSync('/usr/sbin/sshd') &&
    existsSync('/usr/bin/dbus-daemon') &&
    answers('systemd-nspawn', ['--version']) &&
    answers('ip', ['-V']) &&
    answers('ssh', ['-V']) &&
    answers('setpriv', ['--version']) &&
    answers('curl', ['--version']) &&
    answers('sudo', ['-V']) &&
    answers('nft', ['--version']) &&
    answers('wg', ['--version']) &&
    answers('wireguard-go', ['--version']) &&
    answers('python3', ['--version']),
  debian: [
    'systemd-container',
    'dbus',
    'openssh-server',
    'openssh-client',
    'iproute2',
    'util-linux',
    'curl',
    'sudo',
    'nftables',
    'wireguard-tools',
    'wireguard-go',
    'python3',
  ],
};

/** Strangers look at a release with these. @type {Need} */
export const releaseNeed = {
  name: 'dpkg-deb, lintian and minisign',
  isThere: () =>
    answers('dpkg-deb', ['--version']) && answers('lintian', ['--version']) && answers('minisign', ['-v']),
  debian: ['dpkg', 'lintian', 'minisign'],
};

/** Images are built, unpacked and run without a daemon. @type {Need} */
export const containerNeed = {
  name: 'root, buildah, umoci and runc',
  isThere: () =>
    process.getuid?.() === 0 &&
    answers('buildah', ['--version']) &&
    answers('umoci', ['--version']) &&
    answers('runc', ['--version']),
  debian: ['buildah', 'umoci', 'runc'],
};

/** Reads compose files strictly, without a daemon. @type {Need} */
export const composeNeed = {
  name: 'docker-compose',
  isThere: () => answers('docker-compose', ['version', '--short']),
  debian: ['docker-compose'],
};

/** @type {Need} */
export const chromiumNeed = {
  name: 'chromium',
  isThere: () => existsSync('/usr/bin/chromium'),
  debian: ['chromium'],
};

/**
 * The missing needs, as one line that says how to get them; undefined if all are there.
 * @param {readonly Need[]} needs
 */
export function missingLine(needs) {
  const missing = needs.filter((need) => !need.isThere());
  if (missing.length === 0) return undefined;
  const names = missing.map((need) => need.name).join(', ');
  const packages = missing.flatMap((need) => need.debian);
  const ways = missing.filter((need) => need.debian.length === 0).map((need) => need.remedy);
  if (packages.length > 0) ways.push(`Debian: apt-get install ${packages.join(' ')}`);
  return `needs ${names}; ${ways.join('; ')}`;
}

/**
 * Installs with apt what is missing, in one go; a failure is printed and left to the probes that follow.
 * @param {readonly Need[]} needs
 * @param {AbortSignal} [stop]
 */
export async function installMissing(needs, stop) {
  const packages = [...new Set(needs.filter((need) => !need.isThere()).flatMap((need) => need.debian))];
  if (packages.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  console.log(`installing with apt: ${packages.join(' ')}`);
  try {
    await apt(['update'], stop);
    await apt(install, stop);
  } catch (error) {
    if (stop?.aborted) return;
    const why = faultLine(error, `apt-get update && apt-get ${install.join(' ')}`);
    console.log(`${error.output ?? ''}\napt: not everything was installed: ${why}`);
  }
}

async function apt(args, signal) {
  await runStep('apt-get', ['-q', ...args], {
    cwd: ROOT,
    // RUNLEVEL=1 keeps Debian from starting the services that it installs.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    quiet: true,
    signal,
    // At SIGINT apt ends in good order; SIGTERM would leave a package half configured.
    stopSignal: 'SIGINT',
    graceMs: APT_GRACE_MS,
  });
}
