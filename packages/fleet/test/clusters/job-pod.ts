// Pods that the real controller made for a Job, run by a test: their very command lines, with the token of
// their account where a kubelet puts it.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@watchbill/testkit';
import { COMMAND } from '@watchbill/testkit/command';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';
import { itemsOf, mergePatch } from './ground.ts';

const WAIT = { timeoutMs: 120_000, everyMs: 100 };
const ACCOUNT = '/run/secrets/kubernetes.io/serviceaccount';

interface Container {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface JobPod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly nodeName?: string;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes: readonly {
      readonly name: string;
      readonly configMap?: { readonly name: string };
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
  readonly status: { readonly phase: string };
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
}

export interface JobRunner {
  /** Waits for a pod of the job that waits to be run, and for its host. */
  pod(job: string): Promise<JobPod>;
  /** Runs its containers one after the other, and writes its phase as a kubelet does. */
  run(pod: JobPod): Promise<Ran>;
  /** Runs it, and kills the process as soon as it is so. The pod has failed then. */
  killedWhen(pod: JobPod, isSo: () => Promise<boolean>): Promise<void>;
}

/** `folder` keeps the volumes of claims between pods. */
export function jobRunner(plane: ControlPlane, namespace: string, folder: string): JobRunner {
  const base = `/api/v1/namespaces/${namespace}`;
  async function end({ metadata }: JobPod, ran: Ran): Promise<void> {
    const status = { phase: ran.code === 0 ? 'Succeeded' : 'Failed' };
    const path = `${base}/pods/${metadata.name}/status`;
    const change = { metadata: { uid: metadata.uid }, status };
    const { status: code, body } = await mergePatch(plane, path, change);
    assert.equal(code, 200, JSON.stringify(body));
  }
  async function start(pod: JobPod, container: Container): Promise<Started> {
    const account = await accountFolder(plane, namespace, pod, folder);
    const words = await wordsOf({ plane, namespace, folder }, pod, container);
    return startInside(plane.url, account, words);
  }
  return {
    pod: async (job) => {
      let found: JobPod | undefined;
      await waitFor(
        `a pod of the job ${job}`,
        async () => {
          const selector = encodeURIComponent(`watchbill/job=${job}`);
          const pods = await itemsOf<JobPod>(plane, `${base}/pods?labelSelector=${selector}`);
          found = pods.find(({ spec, status }) => status.phase === 'Pending' && spec.nodeName !== undefined);
          return found !== undefined;
        },
        WAIT,
      );
      assert.ok(found !== undefined);
      return found;
    },
    run: async (pod) => {
      let all: Ran = { code: 0, out: '' };
      for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
        if (all.code !== 0) break;
        const { code, out } = await (await start(pod, container)).ended;
        all = { code, out: `${all.out}${out}` };
      }
      await end(pod, all);
      return all;
    },
    killedWhen: async (pod, isSo) => {
      const [first] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
      assert.ok(first !== undefined);
      const { child, ended } = await start(pod, first);
      await waitFor('the moment to kill it', async () => child.exitCode !== null || (await isSo()), {
        ...WAIT,
        everyMs: 5,
      });
      assert.equal(child.exitCode, null, 'it runs until it is killed');
      child.kill('SIGKILL');
      await end(pod, await ended);
    },
  };
}

/** The files of the token, as the API server makes them for that account. */
async function accountFolder(
  plane: ControlPlane,
  namespace: string,
  { spec }: JobPod,
  folder: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName}/token`;
  const { status, body } = await plane.request('POST', path, { spec: {} });
  assert.equal(status, 201, JSON.stringify(body));
  const { token } = (body as { readonly status: { readonly token: string } }).status;
  const own = mkdtempSync(join(folder, 'account-'));
  writeFileSync(join(own, 'token'), token);
  writeFileSync(join(own, 'namespace'), namespace);
  writeFileSync(join(own, 'ca.crt'), readFileSync(join(plane.folder, 'pki/authority.pem')));
  return own;
}

async function wordsOf(
  {
    plane,
    namespace,
    folder,
  }: { readonly plane: ControlPlane; readonly namespace: string; readonly folder: string },
  { spec, metadata }: JobPod,
  { command, args, volumeMounts }: Container,
): Promise<readonly string[]> {
  const folders = new Map<string, string>();
  for (const { name, mountPath } of volumeMounts) {
    const volume = spec.volumes.find((one) => one.name === name);
    const claim = volume?.persistentVolumeClaim?.claimName;
    const own = join(folder, claim === undefined ? `${metadata.uid}-${name}` : `claim-${claim}`);
    mkdirSync(own, { recursive: true });
    folders.set(mountPath, own);
    if (volume?.configMap === undefined) continue;
    const path = `/api/v1/namespaces/${namespace}/configmaps/${volume.configMap.name}`;
    const { body } = await plane.request('GET', path);
    for (const [file, text] of Object.entries((body as { data: Record<string, string> }).data))
      writeFileSync(join(own, file), text);
  }
  assert.deepEqual(command, ['watchbill']);
  const here = (word: string): string => {
    const [mount, own] = [...folders].find(([path]) => word === path || word.startsWith(`${path}/`)) ?? [];
    return mount === undefined ? word : `${own}${word.slice(mount.length)}`;
  };
  return [process.execPath, COMMAND, ...args.map(here)];
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** In a mount namespace with the files of the account at their path, and with the environment of a pod. */
function startInside(server: string, account: string, words: readonly string[]): Started {
  const { hostname, port } = new URL(server);
  const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const mount = `mount -t tmpfs tmpfs /run && mkdir -p ${ACCOUNT} && cp "$0"/* ${ACCOUNT} && exec "$@"`;
  const child = spawn('unshare', [...root, '--mount', '--', 'sh', '-c', mount, account, ...words], {
    cwd: '/',
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      out += part;
    });
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, out })));
  return { child, ended };
}
