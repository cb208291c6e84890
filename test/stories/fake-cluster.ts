import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { listening } from '@watchbill/kit/testing';

/** Kinds that the cluster has, by group and version. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/api/v1': {
    Namespace: 'namespaces',
    ConfigMap: 'configmaps',
    Service: 'services',
    ServiceAccount: 'serviceaccounts',
    Secret: 'secrets',
    Pod: 'pods',
  },
  '/apis/apps/v1': { StatefulSet: 'statefulsets', Deployment: 'deployments' },
  '/apis/policy/v1': { PodDisruptionBudget: 'poddisruptionbudgets' },
  '/apis/networking.k8s.io/v1': { NetworkPolicy: 'networkpolicies' },
};

/**
 * An API server of Kubernetes in this process: it has some Secrets, answers dry runs, and refuses every
 * change.
 */
export interface FakeCluster {
  readonly url: string;
  /** Methods and paths of requests that would have changed something. */
  readonly changes: readonly string[];
}

/** `secrets`: entries of each Secret, by `NAMESPACE/NAME`. */
export async function startFakeCluster(
  context: TestContext,
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<FakeCluster> {
  const objects = new Map<string, object>([
    ['/api/v1/namespaces/kube-system', { metadata: { name: 'kube-system', uid: 'a-cluster-of-a-story' } }],
  ]);
  for (const [id, entries] of Object.entries(secrets)) {
    const [namespace, name] = id.split('/');
    const data = Object.entries(entries).map(([entry, text]) => [
      entry,
      Buffer.from(text).toString('base64'),
    ]);
    objects.set(`/api/v1/namespaces/${namespace}/secrets/${name}`, {
      metadata: { namespace, name, uid: id },
      data: Object.fromEntries(data),
    });
  }
  const changes: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, objects, changes);
  });
  return { url: `http://127.0.0.1:${await listening(server, context)}`, changes };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  objects: ReadonlyMap<string, object>,
  changes: string[],
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://cluster');
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (request.method === 'PATCH' && searchParams.get('dryRun') === 'All')
    return send(200, JSON.parse(Buffer.concat(parts).toString('utf8')));
  if (request.method !== 'GET') {
    changes.push(`${request.method} ${pathname}`);
    return send(403, { kind: 'Status', reason: 'Forbidden', message: 'this cluster is only looked at' });
  }
  const kinds = KINDS[pathname];
  if (kinds !== undefined) return send(200, { resources: resourcesOf(kinds) });
  const object = objects.get(pathname);
  if (object !== undefined) return send(200, object);
  if (isList(pathname)) return send(200, { metadata: {}, items: [] });
  send(404, { kind: 'Status', reason: 'NotFound', message: `there is no ${pathname}` });
}

function resourcesOf(kinds: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(kinds).map(([kind, name]) => ({ kind, name, namespaced: kind !== 'Namespace' }));
}

/** A path that ends with the name of a kind. */
function isList(pathname: string): boolean {
  const last = pathname.split('/').at(-1) ?? '';
  return Object.values(KINDS).some((kinds) => Object.values(kinds).includes(last));
}

/** Writes a kubeconfig whose only context is the cluster. */
export function writeKubeconfig(file: string, { url }: FakeCluster): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'story', user: {} }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'story' } }],
  };
  // YAML reads JSON.
  writeFileSync(file, JSON.stringify(config));
}
