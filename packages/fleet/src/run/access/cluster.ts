import { PassThrough } from 'node:stream';
import type { Exec, KubeConfig, V1Status } from '@kubernetes/client-node';
import { within } from '@watchbill/kit';
import { portsOf } from '../../file/emit/index.ts';
import type { ClusterPlace, FleetNode } from '../../file/normalise/index.ts';
import { textOf } from '../kubernetes/connection.ts';
import { openForward } from '../kubernetes/forward.ts';
import { AccessFault } from './access-fault.ts';
import type { LogWish, NodeAccess, Sinks } from './port.ts';

export interface ClusterAccessOptions {
  readonly node: FleetNode;
  readonly place: ClusterPlace;
  /** Null: as kubectl looks for it. */
  readonly kubeconfigFile: string | null;
}

/** The container of a node in its pod. */
const CONTAINER = 'node';
const CONNECT_MS = 30_000;

/** A node in a cluster, through the API server. */
export async function clusterAccess({
  node,
  place,
  kubeconfigFile,
}: ClusterAccessOptions): Promise<NodeAccess> {
  const config = await kubeconfigOf(place, kubeconfigFile);
  const { namespace } = place;
  // In a pool with one set, pods have the numbers of their nodes. A set of one node has one pod.
  const name = node.settings.layout === 'one-set' ? node.name : `${node.name}-0`;
  const where = `pod ${name} of ${namespace} at ${place.name}`;
  const failed = (error: unknown): AccessFault =>
    new AccessFault(
      'unreachable',
      `${where}: ${textOf(error)}`,
      'check that the pod runs (watchbill fleet nodes status), and that the user of the kubeconfig may do this',
      error,
    );
  const pod: Pod = { config, namespace, name, failed };
  return {
    where,
    logs: (wish, sinks, signal) => logs(pod, wish, sinks, signal),
    exec: (words, sinks, signal) => exec(pod, words, sinks, signal),
    forward: async () => {
      const made = await openForward(config, namespace, name, portsOf(node, 'kubernetes').rpc);
      return { address: `127.0.0.1:${made.port}`, close: made.close };
    },
    close: () => undefined,
  };
}

async function kubeconfigOf({ name, context }: ClusterPlace, file: string | null): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (file === null) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new AccessFault(
      'unreachable',
      `the kubeconfig cannot be read: ${textOf(error)}`,
      'name one with --kubeconfig',
      error,
    );
  }
  if (context === null) return config;
  if (config.getContextObject(context) === null)
    throw new AccessFault(
      'unreachable',
      `the kubeconfig has no context ${context}`,
      `write another one for ${name} in the network file`,
    );
  config.setCurrentContext(context);
  return config;
}

/** The pod of a node, reached through an API server. */
interface Pod {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly name: string;
  /** The fault that names the pod. */
  readonly failed: (error: unknown) => AccessFault;
}

async function logs(
  { config, namespace, name, failed }: Pod,
  { follow, tail, sinceSeconds }: LogWish,
  sinks: Sinks,
  signal: AbortSignal,
): Promise<void> {
  const { Log } = await import('@kubernetes/client-node');
  const stream = new PassThrough();
  stream.on('data', (part: Buffer) => sinks.out(part));
  const ended = new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('error', reject);
  });
  const options = {
    follow,
    ...(tail === null ? {} : { tailLines: tail }),
    ...(sinceSeconds === null ? {} : { sinceSeconds }),
  };
  let controller: AbortController | null = null;
  const stop = (): void => {
    controller?.abort();
    stream.end();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    controller = await connected(new Log(config).log(namespace, name, CONTAINER, stream, options));
    if (signal.aborted) stop();
    await ended;
  } catch (error) {
    if (!signal.aborted) throw failed(error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function exec(pod: Pod, words: readonly string[], sinks: Sinks, signal: AbortSignal): Promise<number> {
  const { Exec } = await import('@kubernetes/client-node');
  const [out, err] = [new PassThrough(), new PassThrough()];
  out.on('data', (part: Buffer) => sinks.out(part));
  err.on('data', (part: Buffer) => sinks.err(part));
  try {
    return await execOver(new Exec(pod.config), pod, [...words], { out, err }, signal);
  } catch (error) {
    throw pod.failed(error);
  }
}

function execOver(
  exec: Exec,
  { namespace, name }: Pod,
  words: string[],
  { out, err }: { readonly out: PassThrough; readonly err: PassThrough },
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const told = (status: V1Status): void => {
      const code = codeOf(status);
      if (code === null) reject(new Error(status.message ?? 'the API server returned no status'));
      else resolve(code);
    };
    connected(exec.exec(namespace, name, CONTAINER, words, out, err, null, false, told)).then((socket) => {
      const stop = (): void => socket.close();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      socket.onclose = () => {
        signal.removeEventListener('abort', stop);
        if (signal.aborted) resolve(0);
        // The status comes before the end of the connection. Without a status the outcome is unknown.
        else setImmediate(() => reject(new Error('the connection ended early')));
      };
    }, reject);
  });
}

/** Null if the program did not run. */
function codeOf({ status, details }: V1Status): number | null {
  if (status === 'Success') return 0;
  const code = Number(details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message);
  return Number.isInteger(code) ? code : null;
}

/** An API server that does not answer is not waited for. */
function connected<Value>(work: Promise<Value>): Promise<Value> {
  return within('the API server', CONNECT_MS, new AbortController().signal, () => work);
}
