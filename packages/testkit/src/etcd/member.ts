import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process of a test cluster. Signals go to its pid alone. */
export interface EtcdMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Its data, absolute. */
  readonly dataFolder: string;
  /** Started and not stopped; a paused member runs. */
  running(): boolean;
  paused(): boolean;
  /** SIGKILL; settles when the process has ended. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, but get no answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Start it over its data; settles when it answers HTTP, which may be before it has a leader. */
  start(state?: 'new' | 'existing', cluster?: string): Promise<void>;
  restart(): Promise<void>;
  /** Remove its data. It must not run. */
  wipe(): void;
  /** Its metrics in the text format of Prometheus; null when it does not answer. */
  metrics(): Promise<string | null>;
  /** Whether it reports that it leads; false when it does not answer. */
  leads(): Promise<boolean>;
  /** Whether it answers a linearizable read. */
  healthy(): Promise<boolean>;
}

export interface MemberSettings {
  readonly program: string;
  readonly folder: string;
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Metrics and health over plain HTTP, even if clients need TLS. */
  readonly metricsUrl: string;
  /** `--initial-cluster` of a new cluster. */
  readonly cluster: string;
  readonly token: string;
  readonly flags: readonly string[];
}

/** Of util-linux, on every Debian; it becomes the program, so the pid is the member's. */
const SETPRIV = 'setpriv';
/** Linux kills the member when the test process ends, even by SIGKILL. */
const DIES_WITH_US = ['--pdeathsig', 'KILL', '--'];
const START_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 1_500;

export function etcdMember(settings: MemberSettings): EtcdMember {
  const data = join(settings.folder, `${settings.name}.data`);
  const log = join(settings.folder, `${settings.name}.log`);
  let child: ChildProcess | null = null;
  let stopped = false;

  const probe = (path: string) => textAt(settings.metricsUrl + path);
  const running = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;

  async function start(state: 'new' | 'existing' = 'new', cluster = settings.cluster): Promise<void> {
    if (running()) throw new Error(`${settings.name} runs already`);
    child = spawnMember(settings.program, argumentsOf(settings, data, state, cluster), log);
    const deadline = performance.now() + START_TIMEOUT_MS;
    while ((await probe('/metrics')) === null) {
      if (!running() || performance.now() > deadline) throw new Error(startFailure(settings.name, log));
      await sleep(20);
    }
  }

  async function kill(): Promise<void> {
    const process = child;
    if (process === null || !running()) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    stopped = false;
    await ended;
  }

  return {
    name: settings.name,
    clientUrl: settings.clientUrl,
    peerUrl: settings.peerUrl,
    dataFolder: data,
    running,
    paused: () => stopped,
    kill,
    pause: () => {
      stopped = child?.kill('SIGSTOP') === true;
    },
    resume: () => {
      child?.kill('SIGCONT');
      stopped = false;
    },
    start,
    restart: () => kill().then(() => start()),
    wipe: () => {
      if (running()) throw new Error(`${settings.name} still runs`);
      rmSync(data, { recursive: true, force: true });
    },
    metrics: () => probe('/metrics'),
    leads: async () => /^etcd_server_is_leader 1$/m.test((await probe('/metrics')) ?? ''),
    healthy: async () => /"health":\s*"true"/.test((await probe('/health')) ?? ''),
  };
}

function spawnMember(program: string, args: readonly string[], log: string): ChildProcess {
  const output = openSync(log, 'a');
  const child = spawn(SETPRIV, [...DIES_WITH_US, program, ...args], {
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH },
  });
  child.on('error', () => {});
  closeSync(output);
  return child;
}

async function textAt(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return await answer.text();
  } catch {
    return null;
  }
}

function argumentsOf(
  settings: MemberSettings,
  data: string,
  state: string,
  cluster: string,
): readonly string[] {
  const flags = {
    name: settings.name,
    'data-dir': data,
    'listen-client-urls': settings.clientUrl,
    'advertise-client-urls': settings.clientUrl,
    'listen-peer-urls': settings.peerUrl,
    'initial-advertise-peer-urls': settings.peerUrl,
    'listen-metrics-urls': settings.metricsUrl,
    'initial-cluster': cluster,
    'initial-cluster-token': settings.token,
    'initial-cluster-state': state,
    logger: 'zap',
    'log-level': 'warn',
  };
  return [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), ...settings.flags];
}

function startFailure(name: string, log: string): string {
  return `${name} did not start; the end of its log:\n${readFileSync(log, 'utf8').split('\n').slice(-8).join('\n')}`;
}
