import assert from 'node:assert/strict';
import { waitFor } from '@watchbill/testkit';
import type { ControlPlane } from '@watchbill/testkit/kubernetes';

/** As much of a definition as a test needs; the schema is strict, so that a wrong field is refused. */
export interface Crd {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: { readonly plural: string; readonly singular: string; readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly [field: string]: unknown }[];
  };
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WAIT = { timeoutMs: 120_000, everyMs: 50 };

/**
 * Defines kinds, and waits until the server serves them and says so: the one comes some time before the
 * other.
 */
export async function serveKinds(plane: ControlPlane, crds: readonly Crd[]): Promise<void> {
  for (const crd of crds) {
    const made = await plane.request('POST', DEFINITIONS, crd);
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  for (const { spec } of crds)
    await untilServed(plane, `/apis/${spec.group}/${spec.versions[0]?.name}`, spec.names.plural);
}

/** Waits until a kind is served below that address, and is in the list of what is. */
export async function untilServed(plane: ControlPlane, group: string, plural: string): Promise<void> {
  const isServed = async (): Promise<boolean> => {
    const { body } = await plane.request('GET', group);
    const { resources = [] } = body as { readonly resources?: readonly { readonly name: string }[] };
    const isTold = resources.some(({ name }) => name === plural);
    return isTold && (await plane.request('GET', `${group}/${plural}`)).status === 200;
  };
  await waitFor(`the kind ${plural}`, isServed, WAIT);
}

function crd(group: string, version: string, kind: string, spec: Readonly<Record<string, unknown>>): Crd {
  const singular = kind.toLowerCase();
  const schema = { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: `${singular}s`, singular, kind },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}

const TEXT = { type: 'string' };
const COUNT = { type: 'integer', minimum: 0 };
const LABELS = { type: 'object', additionalProperties: TEXT };
const SELECTOR = { type: 'object', properties: { matchLabels: LABELS } };
const FREE = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function endpoints(): Readonly<Record<string, unknown>> {
  const one = {
    type: 'object',
    properties: {
      port: TEXT,
      path: TEXT,
      interval: TEXT,
      scheme: TEXT,
      relabelings: { type: 'array', items: FREE },
    },
  };
  return { type: 'array', items: one };
}

/** Small stand-ins for what the operators of monitoring and of autoscaling bring. */
export const CRDS: readonly Crd[] = [
  crd('monitoring.coreos.com', 'v1', 'PodMonitor', {
    type: 'object',
    required: ['selector'],
    properties: {
      selector: SELECTOR,
      podMetricsEndpoints: endpoints(),
      jobLabel: TEXT,
      podTargetLabels: { type: 'array', items: TEXT },
    },
  }),
  crd('monitoring.coreos.com', 'v1', 'ServiceMonitor', {
    type: 'object',
    required: ['selector'],
    properties: { selector: SELECTOR, endpoints: endpoints(), jobLabel: TEXT },
  }),
  crd('monitoring.coreos.com', 'v1', 'PrometheusRule', {
    type: 'object',
    properties: { groups: { type: 'array', items: FREE } },
  }),
  crd('keda.sh', 'v1alpha1', 'ScaledObject', {
    type: 'object',
    required: ['scaleTargetRef'],
    properties: {
      scaleTargetRef: {
        type: 'object',
        required: ['name'],
        properties: { apiVersion: TEXT, kind: TEXT, name: TEXT },
      },
      minReplicaCount: COUNT,
      maxReplicaCount: COUNT,
      pollingInterval: COUNT,
      cooldownPeriod: COUNT,
      triggers: { type: 'array', items: FREE },
    },
  }),
];

const REFERENCE = {
  type: 'object',
  required: ['name'],
  properties: { name: TEXT, namespace: TEXT, port: { type: 'integer' } },
};
const list = (items: object) => ({ type: 'array', items });

/** A stand-in for a kind of the Gateway API. Groups of Kubernetes itself need the annotation. */
function gatewayKind(kind: string, spec: Readonly<Record<string, unknown>>): Crd {
  const made = crd('gateway.networking.k8s.io', 'v1', kind, spec);
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' };
  return { ...made, metadata: { ...made.metadata, annotations } };
}

/** As much as is rendered; other fields are refused. */
export const ROUTES = gatewayKind('HTTPRoute', {
  type: 'object',
  properties: {
    parentRefs: list(REFERENCE),
    hostnames: list(TEXT),
    rules: list({ type: 'object', properties: { backendRefs: list(REFERENCE) } }),
  },
});
export const GATEWAYS = gatewayKind('Gateway', FREE);
