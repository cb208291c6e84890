import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@watchbill/testkit';

/** A machine that is only a view of this one: an sshd whose sessions write to folders of the test. */
export interface Loopback {
  readonly port: number;
  readonly folder: string;
  /** Configuration of ssh with the host's key and the client's. */
  readonly sshConfigFile: string;
  /** Runs a command on the machine; answers its output. Throws where it fails. */
  on(command: string): string;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** What a network writes to. Seen from the machine they are whole; what it writes lands in the folder. */
const LAYERED = ['etc', 'var', 'opt'];

/** Starts it; needs root for its own view of the file system. */
export async function startLoopback(): Promise<Loopback> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-machine-'));
  const file = (name: string): string => join(folder, name);
  for (const name of ['host', 'client', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)], { timeout: TIMEOUT_MS });
  const port = await freePort();
  writeFileSync(file('authorized_keys'), readFileSync(file('client.pub')), { mode: 0o600 });
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`);
  writeFileSync(file('sshd_config'), sshdConfig(folder, port));
  writeFileSync(file('ssh_config'), sshConfig(folder));
  mkdirSync(file('bin'));
  writeFileSync(file('bin/systemctl'), FAKE_SYSTEMCTL);
  chmodSync(file('bin/systemctl'), 0o755);
  const layers = LAYERED.map((name) => layer(folder, name));
  const view = [
    ...layers,
    'mount -t tmpfs tmpfs /run',
    'mkdir -p /run/sshd',
    'mkdir -p /etc/systemd/system',
    'printf "%032x\\n" 7 > /etc/machine-id.new && mv /etc/machine-id.new /etc/machine-id',
    `exec /usr/sbin/sshd -D -e -f ${file('sshd_config')}`,
  ].join('\n');
  const daemon = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', 'sh', '-ec', view], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  daemon.stderr.on('data', (part: Buffer) => void said.push(part.toString()));
  const on = (command: string): string =>
    execFileSync('ssh', ['-F', file('ssh_config'), '-p', String(port), '127.0.0.1', command], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  try {
    await untilAnswers(on, said);
  } catch (error) {
    await end(daemon, folder);
    throw error;
  }
  return { port, folder, sshConfigFile: file('ssh_config'), on, close: () => end(daemon, folder) };
}

async function untilAnswers(on: (command: string) => string, said: readonly string[]): Promise<void> {
  const untilMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    try {
      on('true');
      return;
    } catch (error) {
      if (performance.now() > untilMs)
        throw new Error(`sshd does not answer: ${said.join('')}`, { cause: error });
      await sleep(100);
    }
  }
}

async function end(daemon: ChildProcess, folder: string): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

function layer(folder: string, name: string): string {
  const [upper, work] = [join(folder, `${name}-upper`), join(folder, `${name}-work`)];
  mkdirSync(upper);
  mkdirSync(work);
  return `mount -t overlay overlay -o lowerdir=/${name},upperdir=${upper},workdir=${work} /${name}`;
}

function sshdConfig(folder: string, port: number): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${join(folder, 'host')}
AuthorizedKeysFile ${join(folder, 'authorized_keys')}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PidFile none
SetEnv PATH=${join(folder, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin
`;
}

function sshConfig(folder: string): string {
  return `Host *
  User root
  IdentityFile ${join(folder, 'client')}
  IdentitiesOnly yes
  UserKnownHostsFile ${join(folder, 'known_hosts')}
  GlobalKnownHostsFile /dev/null
`;
}

/** No systemd runs for this view: this keeps what it was told, and says that what was started runs. */
const FAKE_SYSTEMCTL = `#!/bin/sh
s=/var/lib/fake-systemctl
mkdir -p $s
echo "$@" >> $s/calls
case $1 in
  enable) touch "$s/$2.enabled" ;;
  restart) [ -f "/etc/systemd/system/$2" ] && touch "$s/$2.running" ;;
  disable) rm -f "$s/$3.enabled" "$s/$3.running" ;;
  show) for last; do :; done; if [ -f "$s/$last.running" ]; then printf 'active\\nrunning\\n'; else printf 'inactive\\ndead\\n'; fi ;;
esac
`;
