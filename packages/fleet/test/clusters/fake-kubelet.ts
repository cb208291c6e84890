import { createServer, type Server } from 'node:https';
import { connect } from 'node:net';
import { CERTIFICATE, CERTIFICATE_KEY } from '@watchbill/fleet/run/testing';
import { listening } from '@watchbill/kit/testing';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import { WebSocketServer } from 'ws';
import { type FakePod, type Pod, runPod } from './fake-pod.ts';
import { mergePatch } from './ground.ts';

export const RUNNER = 'runner';
const LOOK_MS = 150;
const HEARTBEAT_MS = 10_000;

export interface FakeKubelet {
  /** Pods that run now, by `NAMESPACE/NAME`. */
  readonly pods: ReadonlyMap<string, FakePod>;
  close(): Promise<void>;
}

export interface KubeletSettings {
  /** For folders of pods. */
  readonly folder: string;
  /** Runs in place of every image. */
  readonly program: string;
  /** Folder of the volume of that handle. */
  readonly volume: (handle: string) => string;
  /** Pods with a label of this name are left to the test. */
  readonly notPodsWith?: string;
}

/**
 * In place of a kubelet with a container runtime: it registers one machine and runs the pods that are put
 * there as processes, the program itself in place of the image, on the folders of their volumes. Ports of
 * pods are others on the host. Requests for a port of a pod are served as a kubelet does it.
 */
export async function fakeKubelet(plane: ControlPlane, settings: KubeletSettings): Promise<FakeKubelet> {
  const pods = new Map<string, FakePod>();
  const server = portServer((key, port) => pods.get(key)?.hostPort(port) ?? null);
  const ends: (() => void)[] = [];
  await register(plane, await listening(server, { after: (work) => void ends.push(work) }));
  let open = true;
  let beatAtMs = 0;
  const loop = (async () => {
    while (open) {
      await look(plane, settings, pods).catch(() => undefined);
      if (performance.now() - beatAtMs > HEARTBEAT_MS) {
        await beat(plane).catch(() => undefined);
        beatAtMs = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  return {
    pods,
    close: async () => {
      open = false;
      await loop;
      for (const pod of pods.values()) await pod.end('SIGKILL');
      for (const end of ends) end();
    },
  };
}

async function register(plane: ControlPlane, port: number): Promise<void> {
  const size = { cpu: '64', memory: '512Gi', pods: '100', 'ephemeral-storage': '500Gi' };
  await plane.request('POST', '/api/v1/nodes', {
    metadata: { name: RUNNER, labels: { 'kubernetes.io/hostname': RUNNER } },
  });
  const status = {
    capacity: size,
    allocatable: size,
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  await mergePatch(plane, `/api/v1/nodes/${RUNNER}/status`, { status });
  await beat(plane);
}

async function beat(plane: ControlPlane): Promise<void> {
  const now = new Date().toISOString();
  const ready = {
    type: 'Ready',
    status: 'True',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason: 'Up',
  };
  await mergePatch(plane, `/api/v1/nodes/${RUNNER}/status`, { status: { conditions: [ready] } });
}

async function look(
  plane: ControlPlane,
  settings: KubeletSettings,
  pods: Map<string, FakePod>,
): Promise<void> {
  const { body } = await plane.request('GET', `/api/v1/pods?fieldSelector=spec.nodeName=${RUNNER}`);
  const items = (body as { readonly items?: readonly Pod[] }).items ?? [];
  const { notPodsWith: label } = settings;
  for (const pod of items) {
    if (label !== undefined && pod.metadata.labels?.[label] !== undefined) continue;
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const known = pods.get(key);
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (known !== undefined) await known.end('SIGTERM');
      pods.delete(key);
      await plane.request(
        'DELETE',
        `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`,
        { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } },
      );
    } else if (known === undefined || known.uid !== pod.metadata.uid) {
      const made = await runPod(plane, settings, pod);
      if (made !== null) pods.set(key, made);
    } else await tell(plane, pod, known);
  }
}

/** What the pod is, as a kubelet writes it. */
async function tell(plane: ControlPlane, pod: Pod, own: FakePod): Promise<void> {
  const { phase, ready } = await own.state();
  const now = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  if (pod.status?.phase === phase && now === ready) return;
  const at = new Date().toISOString();
  const status = {
    phase,
    startTime: at,
    conditions: ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: ready || (type === 'Initialized' && phase === 'Running') ? 'True' : 'False',
      lastTransitionTime: at,
    })),
  };
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`;
  await mergePatch(plane, path, { metadata: { uid: pod.metadata.uid }, status });
}

const CHANNELS = 'v4.channel.k8s.io';

/**
 * The port of a pod is another here, so the header that names it is too; one that names any other stays
 * wrong.
 */
function hostMoved(data: Buffer, port: number, target: number): Buffer {
  const text = data
    .toString('latin1')
    .replace(`\r\nHost: 127.0.0.1:${port}\r\n`, `\r\nHost: 127.0.0.1:${target}\r\n`);
  return Buffer.from(
    text.replace(`\r\nhost: 127.0.0.1:${port}\r\n`, `\r\nhost: 127.0.0.1:${target}\r\n`),
    'latin1',
  );
}

/**
 * Serves `/portForward/NAMESPACE/POD?port=N` over a web socket: channel 0 is the port, channel 1 what goes
 * wrong.
 */
function portServer(hostPort: (key: string, port: number) => number | null): Server {
  const server = createServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE }, (_request, response) => {
    response.statusCode = 404;
    response.end();
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => CHANNELS });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    const [, namespace = '', pod = ''] = /^\/portForward\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    const port = Number(url.searchParams.get('port') ?? url.searchParams.get('ports'));
    const target = hostPort(`${namespace}/${pod}`, port);
    if (target === null) return socket.destroy();
    return sockets.handleUpgrade(request, socket, head, (web) => {
      const begin = (channel: number) => web.send(Buffer.from([channel, port & 255, port >> 8]));
      begin(0);
      begin(1);
      const line = connect(target, '127.0.0.1');
      line.on('data', (data: Buffer) => web.send(Buffer.concat([Buffer.from([0]), data])));
      line.on('close', () => web.close());
      line.on('error', () => web.close());
      web.on('message', (data: Buffer) => {
        if (data[0] === 0 && data.length > 1) line.write(hostMoved(data.subarray(1), port, target));
      });
      web.on('close', () => line.destroy());
      web.on('error', () => line.destroy());
    });
  });
  return server;
}
