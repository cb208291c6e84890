import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../at-exit.ts';
import { waitFor } from '../nodes/wait.ts';
import { freePorts } from '../ports.ts';
import { type ApiRequest, apiClient } from './api.ts';
import type { Daemon } from './daemon.ts';
import { type Daemons, daemonsOf, kubeconfigFile, PLAYED_NODE, type Ports } from './daemons.ts';
import { findKubernetes } from './find.ts';
import { makeClusterPki } from './pki.ts';

export interface ControlPlaneOptions {
  /** Machines that kwok plays, each in a different zone. Default 3. */
  readonly nodeCount?: number;
  /** Added to those of the API server, for example its limits of requests. */
  readonly apiServerFlags?: readonly string[];
  /** Port of this machine that stands for every port of every pod. Default: pods have none. */
  readonly podPort?: number;
}

/** A real control plane on loopback. kwok makes pods ready; no containers run in them. */
export interface ControlPlane {
  readonly url: string;
  readonly folder: string;
  /** Of an administrator. */
  readonly kubeconfigFile: string;
  /** Of a user without any rights until a test grants some. */
  kubeconfigOf(user: string, groups?: readonly string[]): string;
  /** As an administrator, without the code under test. */
  readonly request: ApiRequest;
  readonly daemons: Daemons;
  /** Settles when the API server reports that it is ready. */
  ready(): Promise<void>;
  /** Stop all and remove everything. Idempotent; runs by itself when the process ends. */
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 150_000;

/** Start one. If a part does not start, it removes everything and rejects. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const found = findKubernetes();
  if (!found.found) throw new Error(found.why);
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-kubernetes-'));
  mkdirSync(join(folder, 'pki'));
  const pki = makeClusterPki(join(folder, 'pki'));
  const ports = await portsFor();
  const settings = {
    programs: found.programs,
    ports,
    pki,
    folder,
    apiServerFlags: options.apiServerFlags ?? [],
    podPort: options.podPort ?? null,
  };
  const daemons = daemonsOf(settings);
  const release = removeAtExit(Object.values(daemons), folder);
  const url = `https://127.0.0.1:${ports.apiServer}`;
  const request = apiClient(url, pki.authority, pki.issue('observer', ['system:masters']));
  const plane: ControlPlane = {
    url,
    folder,
    kubeconfigFile: kubeconfigFile(settings, 'administrator', ['system:masters']),
    kubeconfigOf: (user, groups = []) => kubeconfigFile(settings, user, groups),
    request,
    daemons,
    ready: () => untilReady(request, daemons.apiServer),
    close: async () => {
      // The server first: the others would only log that it is gone.
      for (const one of [daemons.kwok, daemons.scheduler, daemons.controllerManager]) await one.kill();
      for (const one of [daemons.apiServer, daemons.etcd]) await one.kill();
      rmSync(folder, { recursive: true, force: true });
      release();
    },
  };
  try {
    await startAll(plane, options.nodeCount ?? 3);
    return plane;
  } catch (error) {
    await plane.close();
    throw error;
  }
}

async function portsFor(): Promise<Ports> {
  const [etcd = 0, etcdPeers = 0, apiServer = 0, controllerManager = 0, scheduler = 0, kwok = 0] =
    await freePorts(6);
  return { etcd, etcdPeers, apiServer, controllerManager, scheduler, kwok };
}

async function startAll({ daemons, request, ready }: ControlPlane, nodeCount: number): Promise<void> {
  daemons.etcd.start();
  daemons.apiServer.start();
  await ready();
  for (const one of [daemons.controllerManager, daemons.scheduler, daemons.kwok]) one.start();
  await request('POST', '/apis/storage.k8s.io/v1/storageclasses', STORAGE_CLASS);
  for (let index = 0; index < nodeCount; index++) await request('POST', '/api/v1/nodes', playedNode(index));
  // A namespace refuses pods until its service account exists.
  await waitFor(
    'the default service account',
    async () => (await request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
    { timeoutMs: READY_TIMEOUT_MS, detail: daemons.controllerManager.tail },
  );
  await waitFor(
    'nodes that are ready',
    async () => {
      if (!daemons.kwok.running()) throw new Error(daemons.kwok.tail());
      const { body } = await request('GET', '/api/v1/nodes');
      const { items } = body as NodeList;
      return items.length === nodeCount && items.every(isReady);
    },
    { timeoutMs: READY_TIMEOUT_MS, detail: daemons.kwok.tail },
  );
}

async function untilReady(request: ApiRequest, apiServer: Daemon): Promise<void> {
  await waitFor(
    'the API server',
    async () => {
      const { status } = await request('GET', '/readyz');
      return status === 200;
    },
    { timeoutMs: READY_TIMEOUT_MS, detail: apiServer.tail },
  );
}

interface NodeList {
  readonly items: readonly {
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

function isReady({ status }: NodeList['items'][number]): boolean {
  return (
    status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
  );
}

/** The name is the one that kwok's stages for volumes look for. */
const STORAGE_CLASS = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'kwok-volume', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kwok.x-k8s.io/volume',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};

function playedNode(index: number): unknown {
  const size = { cpu: '64', memory: '512Gi', pods: '1000', 'ephemeral-storage': '500Gi' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `played-${index}`,
      annotations: { ...PLAYED_NODE, 'node.alpha.kubernetes.io/ttl': '0' },
      labels: {
        'kubernetes.io/hostname': `played-${index}`,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/zone': `zone-${index}`,
      },
    },
    status: { allocatable: size, capacity: size },
  };
}

function removeAtExit(daemons: readonly Daemon[], folder: string): () => void {
  return atExit(() => {
    for (const one of daemons) void one.kill();
    rmSync(folder, { recursive: true, force: true });
  });
}
