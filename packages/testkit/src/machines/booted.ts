// Machines of the tests that systemd booted: real units, a real journal, a real sshd.
//
//   const ground = await bootMachines(['one', 'two']);       // about two seconds on a quiet machine
//   const [one] = ground.machines;
//   one.on('systemctl is-active ssh.service');               // as root, over ssh; throws where it fails
//   runCli(['fleet', 'apply', …, '--ssh-config', ground.sshConfigFile])   // network file: host: one.address, user: root
//   await one.cutPower(); await one.boot();                  // the same disk, machine id and address
//   await ground.close();                                    // in `after`, also where a test failed
//
// A machine
// - is systemd as process 1 in a container of systemd-nspawn, with separate processes, mounts, host name,
//   machine id and control groups. It sees the file system of this machine under a layer in memory, which
//   goes with it. `/root`, `/etc/ssh` and `/etc/systemd/system` begin empty.
// - runs journald, D-Bus and sshd. Booting throws with the failed units unless `systemctl is-system-running`
//   says "running".
// - has an address on a network of the machines and this one (`hostAddress`), without a way to anywhere else.
//   So several machines have the same ports and reach each other.
// - takes the key `client` of `folder`, and refuses the key `stranger`; `known_hosts` there has all keys.
//
// Controllers of control groups (MemoryHigh=, CPUWeight=) may be without effect, since they belong to the
// process that started the test. The kernel is this machine's.
//
// The kernel kills the first process of the namespaces with the test, also at SIGKILL. A folder with keys and
// empty control groups may remain; the next test removes them.
//
// Needs root and Debian's systemd-container, dbus, openssh-server, iproute2.

import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Ground, openGround, ownFolder } from './booted-ground.ts';
import { BOOT, MAKE_LAYER } from './booted-layer.ts';

export interface BootedMachine {
  readonly name: string;
  /** IPv4; sshd listens there on port 22. */
  readonly address: string;
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  /** Runs a command as root, over ssh; answers its output. Throws where it fails. */
  on(command: string): string;
  /** As somebody does it who presses the button: units are stopped. */
  shutDown(): Promise<void>;
  /** As it is when the plug is pulled. */
  cutPower(): Promise<void>;
  /** Boots it again over the same layer; answers when everything has started. */
  boot(): Promise<void>;
}

export interface BootedMachines {
  readonly machines: readonly BootedMachine[];
  /** Private to the test, and removed with the machines. */
  readonly folder: string;
  /** Configuration of ssh with the keys of the machines and the client's. */
  readonly sshConfigFile: string;
  /** This machine, as the machines reach it. */
  readonly hostAddress: string;
  close(): Promise<void>;
}

const BOOT_MS = 300_000;
const COMMAND_MS = 180_000;

/**
 * Names: lower-case letters and digits, at most 12. `shown`: folders of this machine that they see,
 * read-only, by the path there: /tmp and /root of this machine are not theirs. Throws, with nothing left, if
 * one does not boot.
 */
export async function bootMachines<const Names extends readonly string[]>(
  names: Names,
  shown: Readonly<Record<string, string>> = {},
): Promise<BootedMachines & { readonly machines: { readonly [Index in keyof Names]: BootedMachine } }> {
  const ground = await openGround();
  const folder = ownFolder();
  const remove = (): void => {
    ground.close();
    rmSync(folder, { recursive: true, force: true });
  };
  // A signal that ends this process ends them without it; the next test removes the rest.
  process.once('exit', remove);
  const close = async (): Promise<void> => {
    process.off('exit', remove);
    remove();
  };
  try {
    const sshConfigFile = writeKeys(ground, folder, names);
    const binds = Object.entries(shown).map(([inside, here]) => `--bind-ro=${here}:${inside}`);
    const machines = names.map((name, index) => machineOf(ground, folder, { name, index, binds }));
    await Promise.all(machines.map((machine) => machine.boot()));
    type All = { readonly [Index in keyof Names]: BootedMachine };
    return {
      machines: machines as unknown as All,
      folder,
      sshConfigFile,
      hostAddress: ground.hostAddress,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function writeKeys(ground: Ground, folder: string, names: readonly string[]): string {
  const file = (name: string): string => join(folder, name);
  const keys = ['client', 'stranger', ...names.map((name) => `${name}-host`)];
  for (const name of keys)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)], {
      timeout: COMMAND_MS,
    });
  const known = names.map(
    (name, at) => `${ground.addressOf(at)} ${readFileSync(file(`${name}-host.pub`), 'utf8')}`,
  );
  writeFileSync(file('known_hosts'), known.join(''));
  // The default exchange of keys, safe from quantum computers, takes a tenth of a second of the processor.
  writeFileSync(
    file('ssh_config'),
    `Host *
  User root
  IdentityFile ${file('client')}
  IdentitiesOnly yes
  UserKnownHostsFile ${file('known_hosts')}
  GlobalKnownHostsFile /dev/null
  BatchMode yes
  ConnectTimeout 60
  KexAlgorithms curve25519-sha256
`,
  );
  return file('ssh_config');
}

interface MachineChoice {
  readonly name: string;
  readonly index: number;
  /** More flags of systemd-nspawn. */
  readonly binds: readonly string[];
}

function machineOf(ground: Ground, folder: string, { name, index, binds }: MachineChoice): BootedMachine {
  if (!/^[a-z0-9]{1,12}$/.test(name)) throw new TypeError(`${name} is not a name for a machine`);
  const address = ground.addressOf(index);
  const machineId = `${(index + 1).toString(16).padStart(2, '0')}`.repeat(16);
  ground.run(MAKE_LAYER, [name, address, machineId, folder]);
  const ssh = ['-F', join(folder, 'ssh_config'), address];
  let running: { readonly leader: ChildProcess; readonly said: readonly string[] } | null = null;
  const ended = async (leader: ChildProcess): Promise<void> => {
    if (leader.exitCode === null && leader.signalCode === null) await once(leader, 'exit');
  };
  const stop = async (): Promise<void> => {
    ground.kill(name);
    if (running !== null) await ended(running.leader);
    running = null;
  };
  return {
    name,
    address,
    machineId,
    on: (command) =>
      execFileSync('ssh', [...ssh, command], {
        encoding: 'utf8',
        timeout: COMMAND_MS,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    cutPower: stop,
    shutDown: async () => {
      if (running === null) return;
      const { leader } = running;
      // The connection ends before the answer.
      await promisify(execFile)('ssh', [...ssh, 'systemctl poweroff'], { timeout: COMMAND_MS }).catch(
        () => undefined,
      );
      const inTime = AbortSignal.timeout(BOOT_MS);
      if (leader.exitCode === null && leader.signalCode === null)
        await once(leader, 'exit', { signal: inTime });
      await stop();
    },
    boot: async () => {
      if (running !== null) throw new Error(`${name} is running`);
      const leader = ground.spawn(name, BOOT, [name, ...binds]);
      const said: string[] = [];
      for (const stream of [leader.stdout, leader.stderr])
        stream?.on('data', (part: Buffer) => void said.push(part.toString()));
      running = { leader, said };
      try {
        await untilStarted(leader, ssh);
      } catch (error) {
        await stop();
        throw new Error(`${name} did not boot; its console: ${said.join('').slice(-4000)}`, { cause: error });
      }
    },
  };
}

/** Until systemd has started everything that it is to start at boot. */
async function untilStarted(leader: ChildProcess, ssh: readonly string[]): Promise<void> {
  const untilMs = performance.now() + BOOT_MS;
  const settled = 'systemctl is-system-running --wait || systemctl list-units --failed --no-legend';
  for (;;) {
    if (leader.exitCode !== null) throw new Error(`systemd-nspawn ended with ${leader.exitCode}`);
    try {
      const { stdout } = await promisify(execFile)('ssh', [...ssh, settled], { timeout: BOOT_MS });
      if (stdout.trim() === 'running') return;
      throw new TypeError(`it is ${stdout.trim()}`);
    } catch (error) {
      if (error instanceof TypeError || performance.now() > untilMs) throw error;
      await sleep(50);
    }
  }
}
