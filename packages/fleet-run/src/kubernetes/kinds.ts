/**
 * Kinds that a network may be made of, so that those are found which a network file no longer asks for. Pods
 * are made by their sets and are never ours to remove; they are looked at because a process may sign after
 * its set is gone or was changed.
 */
export const MADE_KINDS: Readonly<Record<string, string>> = {
  Namespace: 'v1',
  ConfigMap: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
  StatefulSet: 'apps/v1',
  Pod: 'v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  PodMonitor: 'monitoring.coreos.com/v1',
  ServiceMonitor: 'monitoring.coreos.com/v1',
  PrometheusRule: 'monitoring.coreos.com/v1',
  ScaledObject: 'keda.sh/v1alpha1',
  Gateway: 'gateway.networking.k8s.io/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  ValidatingAdmissionPolicy: 'admissionregistration.k8s.io/v1',
  ValidatingAdmissionPolicyBinding: 'admissionregistration.k8s.io/v1',
};

/**
 * Kinds of the whole cluster that are about one namespace, named by a label. A user with rights in
 * namespaces only may not list them; a network without such objects can still be planned.
 */
export const POLICY_KINDS: ReadonlySet<string> = new Set([
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** The parts of a resource id on a cluster. */
export interface ObjectId {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

/** Reads `PLACE/KIND/NAMESPACE/NAME`; null if it is not of this place. */
export function readId(place: string, id: string): ObjectId | null {
  if (!id.startsWith(`${place}/`)) return null;
  const [kind, namespace, name, ...rest] = id.slice(place.length + 1).split('/');
  if (kind === undefined || namespace === undefined || name === undefined || rest.length > 0) return null;
  return { kind, namespace: namespace === '-' ? null : namespace, name };
}
