// Booted machines live in separate namespaces, which end with the test, however that ends.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Namespaces of processes, mounts and networks. Nothing in them outlives the process that holds them. */
export interface Ground {
  /** Address of this machine on the network of the machines; theirs are beside it, from 11 on. */
  readonly hostAddress: string;
  addressOf(index: number): string;
  /** Starts a program inside, in a control group by that name. Ends with this process. */
  spawn(group: string, script: string, args: readonly string[]): ChildProcess;
  /** Runs a script inside; answers its output, throws where it fails. */
  run(script: string, args?: readonly string[]): string;
  /** Kills all of a control group, and answers when the last process is gone. */
  kill(group: string): void;
  close(): void;
}

const TIMEOUT_MS = 60_000;
const START = 'watchbill-machines-';
/** Addresses that are for benchmarks, so in no real network: RFC 2544. */
const NETS = 250;
const netOf = (net: number): string => `198.18.${net}`;

/** The namespace shows the mounts of the outside; later mounts stay inside. */
const ENTER = `set -eu
read -r pid rest < /proc/self/stat
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$1"
echo 0 > "/sys/fs/cgroup/$1/cgroup.procs"
ip link set lo up
ip link add lan type bridge
ip link set lan up
mkdir /run/machines
mount -t tmpfs -o mode=0755 machines /run/machines
echo "$pid"
trap '' CHLD
exec sleep infinity`;

/** Needs root. A folder of the test for each process; this removes the folders of killed processes. */
export async function openGround(): Promise<Ground> {
  removeLeft();
  const group = `${ownGroup()}${START}${process.pid}-${process.hrtime.bigint().toString(36)}`;
  const own = ['--mount', '--net', '--pid', '--fork', '--kill-child'];
  const keeper = spawn('setpriv', [...dying, 'unshare', ...own, 'sh', '-c', ENTER, 'sh', group], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const pid = await firstLine(keeper);
    return groundOf(keeper, pid, group, takeNet(pid));
  } catch (error) {
    keeper.kill('SIGKILL');
    throw error;
  }
}

/** The kernel ends the program when the one that started it is gone. */
const dying = ['--pdeathsig', 'KILL', '--'];

function groundOf(keeper: ChildProcess, pid: number, group: string, net: number): Ground {
  const inside = ['nsenter', '--target', String(pid), '--mount', '--net', '--pid', '--'];
  const run = (script: string, args: readonly string[] = []): string =>
    execFileSync('setpriv', [...dying, ...inside, 'sh', '-euc', script, 'sh', ...args], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const groupFolder = (name: string): string => `/sys/fs/cgroup/${group}/${name}`;
  return {
    hostAddress: `${netOf(net)}.1`,
    addressOf: (index) => `${netOf(net)}.${11 + index}`,
    run,
    spawn: (name, script, args) => {
      const whole = `mkdir -p ${groupFolder(name)}; echo 0 > ${groupFolder(name)}/cgroup.procs; ${script}`;
      const words = [...inside, 'setpriv', ...dying, 'sh', '-euc', whole, 'sh', ...args];
      return spawn('setpriv', [...dying, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    },
    kill: (name) => {
      const folder = groupFolder(name);
      run(`[ -d ${folder} ] || exit 0
echo 1 > ${folder}/cgroup.kill
for wait in $(seq 300); do grep -q 'populated 0' ${folder}/cgroup.events && exit 0; sleep 0.1; done
exit 1`);
    },
    close: () => {
      keeper.kill('SIGKILL');
      quietly(() => process.kill(pid, 'SIGKILL'));
      awaitEnd(pid);
      quietly(() => ip('link', 'del', linkName(net)));
      removeGroup(group);
    },
  };
}

function awaitEnd(pid: number): void {
  execFileSync('timeout', ['30', 'tail', '--pid', String(pid), '-s', '0.05', '-f', '/dev/null'], {
    stdio: 'ignore',
  });
}

async function firstLine(keeper: ChildProcess): Promise<number> {
  const { stdout, stderr } = keeper;
  if (stdout === null || stderr === null) throw new TypeError('it has pipes');
  let said = '';
  stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const timer = setTimeout(() => keeper.kill('SIGKILL'), TIMEOUT_MS);
  try {
    for await (const line of createInterface(stdout)) return Number(line);
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`namespaces for machines were refused: ${said}`);
}

const linkName = (net: number): string => `wbmachines${net}`;

/**
 * Making the link takes the network: the kernel refuses the name a second time. It goes with the namespace.
 */
function takeNet(pid: number): number {
  let last = '';
  for (let look = 0; look < NETS; look++) {
    const net = (process.pid + look) % NETS;
    try {
      ip('link', 'add', linkName(net), 'type', 'veth', 'peer', 'name', 'outside', 'netns', String(pid));
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      continue;
    }
    ip('addr', 'add', `${netOf(net)}.1/24`, 'dev', linkName(net));
    ip('link', 'set', linkName(net), 'up');
    const within = ['--target', String(pid), '--net'];
    execFileSync('nsenter', [...within, 'ip', 'link', 'set', 'outside', 'master', 'lan', 'up']);
    return net;
  }
  throw new Error(`no network for machines is free: ${last}`);
}

/** Relative to the root of the second hierarchy; with a slash at its end where it is not the root. */
function ownGroup(): string {
  const path = /^0::\/(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '';
  return path === '' ? '' : `${path}/`;
}

/** Where this machine has the second hierarchy; null where it does not. */
function groupsRoot(): string | null {
  return / (\S+) cgroup2 /.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1] ?? null;
}

function removeGroup(group: string): void {
  const root = groupsRoot();
  if (root === null) return;
  const remove = (folder: string): void => {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) remove(join(folder, entry.name));
    // The kernel refuses it while a process is in it.
    quietly(() => rmdirSync(folder));
  };
  remove(join(root, group));
}

/** Made by this process, so that another can see whether it is still there. */
export function ownFolder(): string {
  const folder = join(tmpdir(), `${START}${process.pid}-${process.hrtime.bigint().toString(36)}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/**
 * Removes the empty control groups and the folders with keys that killed processes left. Tests that begin at
 * the same time remove the same ones, so a missing one is not an error.
 */
function removeLeft(): void {
  const dead = (name: string): boolean => {
    const maker = new RegExp(`^${START}(\\d+)-`).exec(name)?.[1];
    return maker !== undefined && !existsSync(`/proc/${maker}`);
  };
  for (const name of readdirSync(tmpdir()).filter(dead))
    quietly(() => rmSync(join(tmpdir(), name), { recursive: true, force: true }));
  const groups = join(groupsRoot() ?? '/nowhere', ownGroup());
  if (existsSync(groups))
    for (const name of readdirSync(groups).filter(dead)) quietly(() => removeGroup(`${ownGroup()}${name}`));
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { timeout: TIMEOUT_MS, stdio: ['ignore', 'ignore', 'pipe'] });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Gone already, or still in use by somebody else.
  }
}
