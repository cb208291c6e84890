import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts, managedProcess } from '@watchbill/testkit';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import type { KubeletSettings } from './fake-kubelet.ts';

interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly readinessProbe?: object;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly restartPolicy?: string;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly persistentVolumeClaim?: { readonly claimName: string };
      readonly configMap?: { readonly name: string };
      readonly secret?: { readonly secretName: string };
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface FakePod {
  readonly uid: string;
  readonly args: readonly string[];
  /** Folder of the volume `data`. */
  readonly data: string;
  readonly logFile: string;
  readonly running: () => boolean;
  readonly hostPort: (port: number) => number | null;
  readonly state: () => Promise<{ readonly phase: string; readonly ready: boolean }>;
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

const RPC_PORT = 9944;

/** Calls the node of a pod. Rejects while the pod is not there, or its node does not answer. */
export async function askPod<Result>(
  pod: FakePod | undefined,
  method: string,
  ...params: readonly unknown[]
): Promise<Result> {
  const answer = await fetch(`http://127.0.0.1:${pod?.hostPort(RPC_PORT)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return ((await answer.json()) as { readonly result: Result }).result;
}

/** The height that is final for the node of a pod. */
export async function finalIn(pod: FakePod | undefined): Promise<number> {
  const hash = await askPod<string>(pod, 'chain_getFinalizedHead');
  return Number((await askPod<{ readonly number: string }>(pod, 'chain_getHeader', hash)).number);
}

const STOP_MS = 20_000;
const RESTART_MS = 1_000;

/**
 * Runs a pod; null: a volume of it is not there yet. A process that ends is started again where the pod says
 * so.
 */
export async function runPod(
  plane: ControlPlane,
  settings: KubeletSettings,
  pod: Pod,
): Promise<FakePod | null> {
  const [main] = pod.spec.containers;
  const folder = join(settings.folder, pod.metadata.uid);
  const volumes = await foldersOf(plane, settings, pod, folder);
  if (volumes === null || main === undefined) return null;
  const logFile = join(folder, 'log');
  for (const step of pod.spec.initContainers ?? []) {
    const [program = '', ...args] = translated(step, volumes, settings.program);
    const ran = spawnSync(program, args, { timeout: STOP_MS, encoding: 'utf8' });
    writeFileSync(logFile, ran.stderr ?? '', { flag: 'a' });
    if (ran.status !== 0) return null;
  }
  const ports = new Map<number, number>();
  const command = await moved(translated(main, volumes, settings.program), ports);
  const own = managedProcess(pod.metadata.name, logFile);
  const { running } = own;
  let wanted = true;
  const start = async (): Promise<void> => {
    own.start(command, process.env);
    await own.end();
    if (wanted && pod.spec.restartPolicy !== 'Never') setTimeout(() => wanted && start(), RESTART_MS);
  };
  void start();
  return {
    uid: pod.metadata.uid,
    args: command.slice(1),
    data: volumes.get('data') ?? '',
    logFile,
    running,
    hostPort: (port) => ports.get(port) ?? null,
    state: async () => {
      if (!running())
        return { phase: pod.spec.restartPolicy === 'Never' ? 'Failed' : 'Running', ready: false };
      // In place of the probe of the p2p port: it listens, so it answers.
      const port = [...ports.values()][0] ?? 0;
      return { phase: 'Running', ready: main.readinessProbe === undefined || (await listens(port)) };
    },
    end: async (signal) => {
      wanted = false;
      await (signal === 'SIGKILL' ? own.kill() : own.stop(STOP_MS));
    },
  };
}

async function foldersOf(
  plane: ControlPlane,
  settings: KubeletSettings,
  { metadata, spec }: Pod,
  folder: string,
): Promise<ReadonlyMap<string, string> | null> {
  const base = `/api/v1/namespaces/${metadata.namespace}`;
  const folders = new Map<string, string>();
  for (const { name, persistentVolumeClaim, configMap, secret } of spec.volumes ?? []) {
    if (persistentVolumeClaim !== undefined) {
      const claim = await plane.request(
        'GET',
        `${base}/persistentvolumeclaims/${persistentVolumeClaim.claimName}`,
      );
      const { spec: wanted, status } = claim.body as {
        readonly spec?: { readonly volumeName?: string };
        readonly status?: { readonly phase?: string };
      };
      if (status?.phase !== 'Bound') return null;
      const volume = await plane.request('GET', `/api/v1/persistentvolumes/${wanted?.volumeName}`);
      const { csi } = (volume.body as { readonly spec: { readonly csi: { readonly volumeHandle: string } } })
        .spec;
      folders.set(name, settings.volume(csi.volumeHandle));
      continue;
    }
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    folders.set(name, own);
    if (configMap !== undefined) await fill(plane, `${base}/configmaps/${configMap.name}`, own, 'utf8');
    if (secret !== undefined) await fill(plane, `${base}/secrets/${secret.secretName}`, own, 'base64');
  }
  return folders;
}

async function fill(
  plane: ControlPlane,
  path: string,
  folder: string,
  encoding: BufferEncoding,
): Promise<void> {
  const { data = {} } = (await plane.request('GET', path)).body as {
    readonly data?: Readonly<Record<string, string>>;
  };
  for (const [name, text] of Object.entries(data))
    writeFileSync(join(folder, name), Buffer.from(text, encoding), { mode: 0o600 });
}

/**
 * The command line on this machine: folders in place of mounted volumes, the program in place of the image.
 */
function translated(
  { command, args = [], volumeMounts = [] }: Container,
  volumes: ReadonlyMap<string, string>,
  program: string,
): readonly string[] {
  const here = (text: string): string => {
    const [, before = '', path = ''] = /^(--[a-z-]+=)?(\/.*)$/.exec(text) ?? [];
    const mount = volumeMounts.find(
      ({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`),
    );
    const folder = mount === undefined ? undefined : volumes.get(mount.name);
    return mount === undefined || folder === undefined
      ? text
      : `${before}${folder}${path.slice(mount.mountPath.length)}`;
  };
  return [...command, ...args].map((word) => (word === 'watchbill-devnode' ? program : here(word)));
}

/** Ports of a pod are its own; here each gets one that is free. The first is that of the RPC. */
async function moved(words: readonly string[], ports: Map<number, number>): Promise<readonly string[]> {
  const flags = [/^--rpc-port=(\d+)$/, /^--port=(\d+)$/, /^--prometheus-port=(\d+)$/];
  const free = await freePorts(flags.length);
  const wanted = flags.map((flag) =>
    words.map((word) => flag.exec(word)?.[1]).find((port) => port !== undefined),
  );
  for (const [at, port] of wanted.entries()) if (port !== undefined) ports.set(Number(port), free[at] ?? 0);
  return words.map((word) => {
    const port = flags.map((flag) => flag.exec(word)?.[1]).find((one) => one !== undefined);
    return port === undefined ? word : word.replace(/\d+$/, String(ports.get(Number(port))));
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const line = connect(port, '127.0.0.1');
    line.once('connect', () => {
      line.destroy();
      resolve(true);
    });
    line.once('error', () => resolve(false));
  });
}
