import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { KubernetesResource, LiveResource, PlaceState, Step, Subject } from '@watchbill/fleet/file';
import { type KubernetesTarget, openKubernetesTarget } from '@watchbill/fleet/run/kubernetes';
import { systemClock } from '@watchbill/kit';
import { waitFor } from '@watchbill/testkit';
import { type ControlPlane, startControlPlane } from '@watchbill/testkit/kubernetes';

export const NETWORK = 'harbour';
export const PLACE = 'ams';
export const WAIT = { timeoutMs: 120_000, everyMs: 50 };

export const CLOCK = systemClock();

/** Far above what a test takes; nothing waits longer. */
export function deadline(ms = 120_000): AbortSignal {
  return AbortSignal.timeout(ms);
}

/** A control plane that ends with the test file. */
export async function planeOfFile(
  options: Parameters<typeof startControlPlane>[0] = {},
): Promise<ControlPlane> {
  const plane = await startControlPlane(options);
  after(() => plane.close());
  return plane;
}

export interface TargetChoice {
  readonly namespace: string;
  readonly kubeconfigFile?: string;
  readonly takeOver?: boolean;
}

export async function targetOn(plane: ControlPlane, choice: TargetChoice): Promise<KubernetesTarget> {
  const opened = await openKubernetesTarget({
    place: { target: 'kubernetes', name: PLACE, context: null, namespace: choice.namespace },
    kubeconfigFile: choice.kubeconfigFile ?? plane.kubeconfigFile,
    clock: CLOCK,
    requestTimeoutMs: 20_000,
    takeOver: choice.takeOver ?? false,
  });
  assert.ok(opened.ok, opened.ok ? '' : opened.detail);
  return opened.target;
}

const NOBODY: Subject = { pool: null, node: null, role: null, keySet: null };

/** An object with the marks of the network, as the emitters make them. */
export function resource(
  kind: string,
  apiVersion: string,
  namespace: string | null,
  name: string,
  rest: Readonly<Record<string, unknown>> = {},
): KubernetesResource {
  const metadata = {
    name,
    ...(namespace === null ? {} : { namespace }),
    labels: { 'watchbill/network': NETWORK },
  };
  return {
    id: `${PLACE}/${kind}/${namespace ?? '-'}/${name}`,
    target: 'kubernetes',
    place: PLACE,
    kind,
    name,
    needs: [],
    afterHealthy: [],
    subject: NOBODY,
    lifecycle: 'reconcile',
    body: { apiVersion, kind, metadata, ...rest } as KubernetesResource['body'],
  };
}

export function configMap(
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): KubernetesResource {
  return resource('ConfigMap', 'v1', namespace, name, { data });
}

/** Pods with a volume each, as nodes have them. */
export function statefulSet(
  namespace: string,
  name: string,
  image: string,
  replicas: number,
  podSpec: Readonly<Record<string, unknown>> = {},
): KubernetesResource {
  const labels = { app: name, 'watchbill/network': NETWORK };
  return resource('StatefulSet', 'apps/v1', namespace, name, {
    spec: {
      serviceName: name,
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: {
          ...podSpec,
          containers: [{ name: 'node', image, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  });
}

export async function makeNamespace(
  plane: ControlPlane,
  name: string,
  labels: Readonly<Record<string, string>> = {},
) {
  const { status, body } = await plane.request('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  assert.equal(status, 201, JSON.stringify(body));
  // Pods are refused before it is there.
  const account = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  const isThere = async () => (await plane.request('GET', account)).status === 200;
  await waitFor(`the service account of ${name}`, isThere, WAIT);
}

export async function makeSecret(
  plane: ControlPlane,
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/secrets`;
  const { status, body } = await plane.request('POST', path, { metadata: { name }, stringData });
  assert.equal(status, 201, JSON.stringify(body));
}

/** As `kubectl patch --type merge`. */
export function mergePatch(plane: ControlPlane, path: string, change: object) {
  return plane.request('PATCH', path, change, 'application/merge-patch+json');
}

/** The objects of a list. */
export async function itemsOf<Item>(plane: ControlPlane, path: string): Promise<readonly Item[]> {
  const { status, body } = await plane.request('GET', path);
  assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  return (body as unknown as { readonly items: readonly Item[] }).items;
}

/** What the target sees now. */
export async function stateOf(
  target: KubernetesTarget,
  resources: readonly KubernetesResource[] = [],
): Promise<PlaceState> {
  const read = await target.read(NETWORK, resources, [], deadline());
  assert.ok(read.ok, read.ok ? '' : read.detail);
  return read.state;
}

export async function liveOf(target: KubernetesTarget, one: KubernetesResource): Promise<LiveResource> {
  const live = (await stateOf(target, [one])).live.get(one.id);
  assert.ok(live !== undefined, `${one.id} is not there`);
  return live;
}

/** Applies over whatever is there now. */
export async function put(target: KubernetesTarget, one: KubernetesResource): Promise<string> {
  const live = (await stateOf(target, [one])).live.get(one.id);
  const done = await target.apply(one, live?.fingerprint ?? null, deadline());
  assert.equal(done.outcome, 'done', 'detail' in done ? done.detail : '');
  return done.outcome === 'done' ? (done.fingerprint ?? '') : '';
}

export async function untilHealthy(target: KubernetesTarget, id: string): Promise<void> {
  const healthy = async () => {
    const health = await target.health(id, deadline());
    assert.equal(health.state, 'healthy', `${id}: ${JSON.stringify(health)}`);
    return true;
  };
  await waitFor(`${id} is healthy`, healthy, WAIT);
}

/** A step as a planner makes it from what is there now. */
export function step(
  action: Step['action'],
  one: KubernetesResource,
  basedOn: string | null,
  change: Partial<Step> = {},
): Step {
  return {
    id: `${action} ${one.id}`,
    action,
    resourceId: one.id,
    place: one.place,
    subject: one.subject,
    risk: 'safe',
    why: 'of a test',
    fields: [],
    resource: action === 'delete' ? null : one,
    basedOn,
    needs: [],
    healthyFirst: [],
    gate: 'none',
    ...change,
  };
}

/** What a user wants to do, in the words of the server. */
export interface Wish {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  /** Left out: all over the cluster. */
  readonly namespace?: string;
}

/** Waits until the server would allow it, or would not: it takes roles up some time after it took them. */
export async function untilAllowed(
  plane: ControlPlane,
  user: string,
  wish: Wish,
  wanted = true,
): Promise<void> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, resourceAttributes: wish },
  };
  const isSo = async (): Promise<boolean> => {
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { status, body } = await plane.request('POST', path, review);
    assert.equal(status, 201, JSON.stringify(body));
    return (body as { readonly status: { readonly allowed: boolean } }).status.allowed === wanted;
  };
  await waitFor(`${user} may ${wanted ? '' : 'not '}${wish.verb} ${wish.resource}`, isSo, WAIT);
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Gives rights in a namespace; they are in force when it settles. */
export async function grant(
  plane: ControlPlane,
  user: string,
  namespace: string,
  rules: readonly Rule[],
): Promise<void> {
  const metadata = { name: user };
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const role = await plane.request('POST', `${rbac}/roles`, { metadata, rules });
  assert.equal(role.status, 201, JSON.stringify(role.body));
  const subject = { kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' };
  const roleRef = { kind: 'Role', name: user, apiGroup: 'rbac.authorization.k8s.io' };
  await plane.request('POST', `${rbac}/rolebindings`, { metadata, subjects: [subject], roleRef });
  for (const { apiGroups, resources, verbs } of rules) {
    const [group = '', resource = '', verb = ''] = [apiGroups[0], resources[0], verbs[0]];
    await untilAllowed(plane, user, { namespace, group, resource, verb });
  }
}

/** All that a target needs in a namespace, and of namespaces what it needs to see and to make one. */
export async function grantAll(plane: ControlPlane, user: string, namespace: string): Promise<void> {
  await grant(plane, user, namespace, [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]);
  const metadata = { name: `${user}-looks` };
  const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'create', 'patch'] }];
  await plane.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata, rules });
  const apiGroup = 'rbac.authorization.k8s.io';
  await plane.request('POST', `/apis/${apiGroup}/v1/clusterrolebindings`, {
    metadata,
    subjects: [{ kind: 'User', name: user, apiGroup }],
    roleRef: { kind: 'ClusterRole', name: metadata.name, apiGroup },
  });
  await untilAllowed(plane, user, { resource: 'namespaces', verb: 'list' });
}

/** As the last line of a page names the cluster, for example `Kubernetes 1.36.3`. */
export async function kubernetesOf(plane: ControlPlane): Promise<string> {
  const { body } = await plane.request('GET', '/version');
  return `Kubernetes ${(body as { readonly gitVersion: string }).gitVersion.replace('v', '')}`;
}
