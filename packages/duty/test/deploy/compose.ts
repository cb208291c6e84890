// The containers of a compose file as processes: each with its network namespace, and with its own view of
// the file system of this machine.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { outputOf, run } from './image.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');
const STEP_MS = 30_000;

/** A container of the file, as docker-compose prints it. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** The file with its variables filled in. Throws what docker-compose refuses. */
export function composeConfig(folder: string, env: NodeJS.ProcessEnv = {}): ComposeFile {
  const file = ['--project-directory', folder, '--file', join(folder, 'compose.yaml')];
  return parse(run('docker-compose', [...file, 'config'], env));
}

/** The first word that an image adds to the command, by the name of the variable of the image. */
const ENTRYPOINTS: Readonly<Record<string, readonly string[]>> = {
  etcd: [],
  service: ['/usr/bin/watchbill', 'serve'],
  observer: ['/usr/bin/watchbill'],
  prometheus: ['/usr/bin/prometheus'],
  alertmanager: ['/usr/bin/prometheus-alertmanager'],
};

/** `$1` layer, `$2` user, `$3` group, `$4` volumes (`SOURCE:TARGET:MODE`, one a line); then the command. */
const ENTER = `
set -e
layer=$1 user=$2 group=$3 volumes=$4; shift 4
mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
mount --rbind /dev "$layer/root/dev"; mount --rbind /proc "$layer/root/proc"
mount --bind '${ROOT}' "$layer/root/opt/source"
while IFS=: read -r source target mode; do
  [ -n "$source" ] || continue
  if [ -d "$source" ]; then mkdir -p "$layer/root$target"; else mkdir -p "$(dirname "$layer/root$target")"; touch "$layer/root$target"; fi
  mount --bind "$source" "$layer/root$target"
  mount -o "remount,bind,$mode" "$layer/root$target"
done <<END
$volumes
END
mount -o remount,bind,ro "$layer/root"
exec chroot "$layer/root" /usr/bin/setpriv --reuid "$user" --regid "$group" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"`;

export interface ComposeProcess {
  readonly address: string;
  readonly namespace: string;
  log(): string;
  exited(): boolean;
  kill(): Promise<void>;
}

/** A bridge on this machine, and names that every container resolves. */
export interface ComposeNetwork {
  /** Address of this machine on the bridge. */
  readonly gateway: string;
  start(name: string): ComposeProcess;
  close(): Promise<void>;
}

export function composeNetwork(file: ComposeFile, folder: string): ComposeNetwork {
  const id = `wbc${process.pid}`;
  const subnet = `10.78.${process.pid % 250}`;
  const names = Object.keys(file.services);
  const addressOf = (name: string) => `${subnet}.${names.indexOf(name) + 10}`;
  const hosts = ['127.0.0.1 localhost', ...names.map((name) => `${addressOf(name)} ${name}`)].join('\n');
  const started = new Map<string, { readonly child: ChildProcess; readonly gone: Promise<void> }>();
  ip('link', 'add', id, 'type', 'bridge');
  ip('addr', 'add', `${subnet}.1/24`, 'dev', id);
  ip('link', 'set', id, 'up');
  return {
    gateway: `${subnet}.1`,
    start: (name) => {
      const service = file.services[name];
      if (service === undefined) throw new Error(`the file has no ${name}`);
      const namespace = `${id}-${name}`;
      addNamespace(id, namespace, names.indexOf(name), `${addressOf(name)}/24`);
      const layer = layerOf(join(folder, `layer-${name}`), hosts);
      const child = spawn('ip', ['netns', 'exec', namespace, ...enter(name, service, layer)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          log += text;
        });
      const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
      started.set(name, { child, gone });
      return {
        ...{ address: addressOf(name), namespace, log: () => log },
        exited: () => child.exitCode !== null || child.signalCode !== null,
        kill: async () => {
          child.kill('SIGKILL');
          await gone;
        },
      };
    },
    close: async () => {
      for (const { child, gone } of started.values()) {
        child.kill('SIGKILL');
        await gone;
      }
      for (const name of started.keys()) ip('netns', 'del', `${id}-${name}`);
      ip('link', 'del', id);
    },
  };
}

function addNamespace(bridge: string, namespace: string, index: number, address: string): void {
  const link = `${bridge}x${index}`;
  ip('netns', 'add', namespace);
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  ip('link', 'set', link, 'master', bridge, 'up');
  ip('-n', namespace, 'addr', 'add', address, 'dev', 'eth0');
  ip('-n', namespace, 'link', 'set', 'eth0', 'up');
  ip('-n', namespace, 'link', 'set', 'lo', 'up');
}

/** Files and folders of the container that this machine lacks. */
function layerOf(layer: string, hosts: string): string {
  const upper = join(layer, 'upper');
  for (const path of ['work', 'root', 'upper/usr/bin', 'upper/etc/watchbill', 'upper/opt/source'])
    mkdirSync(join(layer, path), { recursive: true });
  writeFileSync(join(upper, 'etc/hosts'), `${hosts}\n`);
  const node = process.execPath.replace(ROOT, '/opt/source');
  const launcher = `#!/bin/sh\nexec ${node} /opt/source/packages/watchbill/src/main.ts "$@"\n`;
  writeFileSync(join(upper, 'usr/bin/watchbill'), launcher, { mode: 0o755 });
  return layer;
}

function enter(name: string, service: ComposeService, layer: string): readonly string[] {
  const { user, volumes = [], environment = {}, command = [] } = service;
  const [uid = '', gid = ''] = user.split(':');
  // By this variable the watcher of `leaveNothing` finds the process if the test is killed.
  const variables = { PATH: '/usr/bin:/bin', ...environment, TMPDIR: process.env.TMPDIR ?? '/tmp' };
  const env = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
  const entry = ENTRYPOINTS[name.replace(/-\d$/, '')] ?? [];
  const inside = [
    '/usr/bin/env',
    '--ignore-environment',
    '--chdir=/etc/watchbill',
    ...env,
    ...entry,
    ...command,
  ];
  return ['sh', '-c', ENTER, 'sh', layer, uid, gid, volumes.join('\n'), ...inside];
}

function ip(...args: readonly string[]): void {
  const ended = spawnSync('ip', args, { encoding: 'utf8', timeout: STEP_MS });
  if (ended.status !== 0) throw new Error(`ip ${args.join(' ')}: ${outputOf(ended)}`);
}

/** Sources of volumes that do not exist: docker would make each as an empty folder of root. */
export function missingSources({ services }: ComposeFile): readonly string[] {
  const sources = Object.values(services).flatMap(({ volumes = [] }) =>
    volumes.map((one) => one.split(':')[0] ?? ''),
  );
  return sources
    .filter((path) => statSync(path, { throwIfNoEntry: false }) === undefined)
    .map((path) => `${dirname(path)}: ${path}`);
}
