// The needs of each tier: how to check the machine for one, and how to install it.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
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

/**
 * A need with the packages of Debian that bring it. Each check is a command that must start and end well, or
 * a function that must return true.
 * @type {(name: string, debian: readonly string[], ...checks: readonly (string | (() => boolean))[]) => Need}
 */
const need = (name, debian, ...checks) => ({
  name,
  debian,
  isThere: () => checks.every((check) => (typeof check === 'string' ? endsWell(check) : check())),
});

function endsWell(line) {
  const [command, ...args] = line.split(' ');
  return spawnSync(command, args, { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS }).status === 0;
}

const isRoot = () => process.getuid?.() === 0;
const hasFile = (pattern) => () => globSync(pattern).length > 0;

export const curlNeed = need('curl', ['curl'], 'curl --version');

/** The second shell of the tutorial. */
export const zshNeed = need('zsh', ['zsh'], 'zsh --version');

export const etcdNeed = need('etcd', ['etcd-server', 'etcd-client'], 'etcd --version', 'etcdctl version');

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

/** The model checker, and the compiler for the search that it writes. */
export const spinNeed = need('spin and gcc', ['spin', 'gcc', 'libc6-dev'], 'spin -V', 'gcc --version');

/** Network namespaces with separate links, so that a test can cut a node off. */
export const netnsNeed = need('root, ip and tc', ['iproute2'], isRoot, 'ip -V', 'tc -V');

/** A clock that can be stepped for one process. */
export const faketimeNeed = need(
  'libfaketime',
  ['faketime'],
  hasFile('/usr/lib/*-linux-gnu/faketime/libfaketimeMT.so.1'),
);

/** The tool whose format sealed keys have. */
export const ageNeed = need('age', ['age'], 'age --version', 'age-keygen --version');

/** For the pages whose commands use it. */
export const kubectlNeed = need('kubectl', ['kubernetes-client'], 'kubectl version --client');

/** With their programs for tests of rules and routes. */
export const prometheusNeed = need(
  'prometheus, alertmanager and node exporter',
  ['prometheus', 'prometheus-alertmanager', 'prometheus-node-exporter'],
  'promtool --version',
  'amtool --version',
  hasFile('/usr/bin/prometheus-alertmanager'),
  hasFile('/usr/bin/prometheus-node-exporter'),
);

/** Targets of node backups, by the programs that bring them there. */
export const archiveNeed = need(
  'rclone and restic',
  ['rclone', 'restic'],
  'rclone version',
  'restic version',
);

export const postgresNeed = need('postgresql', ['postgresql'], hasFile('/usr/lib/postgresql/*/bin/postgres'));

/** Pages to browse a database on, with PHP's own server. */
export const adminerNeed = need(
  'adminer',
  ['adminer', 'php-cgi', 'php-cli', 'php-pgsql', 'php-sqlite3', 'sqlite3'],
  hasFile('/etc/adminer/conf.php'),
  'php --version',
  'sqlite3 --version',
);

export const redisNeed = need('redis-server', ['redis-server'], 'redis-server --version');

/** Machines that systemd boots here, in separate containers, entered by ssh. */
export const bootedNeed = need(
  'root, systemd-nspawn, D-Bus, sshd, ip, curl, sudo, nft and WireGuard',
  [
    ...['systemd-container', 'dbus', 'openssh-server', 'openssh-client', 'iproute2', 'util-linux', 'curl'],
    ...['sudo', 'nftables', 'wireguard-tools', 'wireguard-go', 'python3'],
  ],
  isRoot,
  hasFile('/usr/sbin/sshd'),
  hasFile('/usr/bin/dbus-daemon'),
  ...['systemd-nspawn --version', 'ip -V', 'ssh -V', 'setpriv --version', 'curl --version', 'sudo -V'],
  ...['nft --version', 'wg --version', 'wireguard-go --version', 'python3 --version'],
);

/** Strangers look at a release with these. */
export const releaseNeed = need(
  'dpkg-deb, lintian and minisign',
  ['dpkg', 'lintian', 'minisign'],
  ...['dpkg-deb --version', 'lintian --version', 'minisign -v'],
);

export const pythonNeed = need('python3', ['python3'], 'python3 --version');
/** Mounts a folder as FUSE does: no lock or sync of it can be trusted. */
export const fuseNeed = need('root and bindfs', ['bindfs'], isRoot, 'bindfs --version');
export const runcNeed = need('root and runc', ['runc'], isRoot, 'runc --version');

/** Images are built, unpacked and run without a daemon. */
export const containerNeed = need(
  'root, buildah, umoci and runc',
  ['buildah', 'umoci', 'runc'],
  isRoot,
  ...['buildah --version', 'umoci --version', 'runc --version'],
);

/** Reads compose files strictly, without a daemon. */
export const composeNeed = need('docker-compose', ['docker-compose'], 'docker-compose version --short');

export const chromiumNeed = need('chromium', ['chromium'], hasFile('/usr/bin/chromium'));

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
