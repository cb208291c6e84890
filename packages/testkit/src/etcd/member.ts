import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { managedProcess } from '../managed-process.ts';

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

const START_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 1_500;
const TAIL_LINES = 8;

export function etcdMember(settings: MemberSettings): EtcdMember {
  const data = join(settings.folder, `${settings.name}.data`);
  const own = managedProcess(settings.name, join(settings.folder, `${settings.name}.log`));
  const { running, paused, pause, resume } = own;
  const kill = () => own.end('SIGKILL');
  const probe = (path: string) => textAt(settings.metricsUrl + path);

  async function start(state: 'new' | 'existing' = 'new', cluster = settings.cluster): Promise<void> {
    const args = argumentsOf(settings, data, state, cluster);
    own.start([settings.program, ...args], { PATH: process.env.PATH });
    const deadline = performance.now() + START_TIMEOUT_MS;
    while ((await probe('/metrics')) === null) {
      if (!running() || performance.now() > deadline)
        throw new Error(`${settings.name} did not start; the end of its log:\n${own.tail(TAIL_LINES)}`);
      await sleep(20);
    }
  }

  return {
    ...{ running, paused, kill, pause, resume, start },
    name: settings.name,
    clientUrl: settings.clientUrl,
    peerUrl: settings.peerUrl,
    dataFolder: data,
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
