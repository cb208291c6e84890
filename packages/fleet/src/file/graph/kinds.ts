interface KindEntry {
  readonly apiVersion: string;
  /** As in addresses and in Roles: `statefulsets`. */
  readonly plural: string;
  /** Whether a network file can ask for such objects in its namespace. A plan only looks for the others. */
  readonly isMade?: true;
}

const NETWORKING = 'networking.k8s.io/v1';
const RBAC = 'rbac.authorization.k8s.io/v1';
const MONITORING = 'monitoring.coreos.com/v1';
const GATEWAY = 'gateway.networking.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/**
 * Kinds that a network may be made of, so that those are found which a network file no longer asks for. Pods
 * are made by their sets and are never ours to remove; they are looked at because a process may sign after
 * its set is gone or was changed.
 */
export const KINDS: Readonly<Record<string, KindEntry>> = {
  Namespace: { apiVersion: 'v1', plural: 'namespaces' },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', isMade: true },
  Service: { apiVersion: 'v1', plural: 'services', isMade: true },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts', isMade: true },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets', isMade: true },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  PodDisruptionBudget: { apiVersion: 'policy/v1', plural: 'poddisruptionbudgets', isMade: true },
  NetworkPolicy: { apiVersion: NETWORKING, plural: 'networkpolicies', isMade: true },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers', isMade: true },
  Role: { apiVersion: RBAC, plural: 'roles' },
  RoleBinding: { apiVersion: RBAC, plural: 'rolebindings' },
  Job: { apiVersion: 'batch/v1', plural: 'jobs' },
  CronJob: { apiVersion: 'batch/v1', plural: 'cronjobs' },
  PodMonitor: { apiVersion: MONITORING, plural: 'podmonitors', isMade: true },
  ServiceMonitor: { apiVersion: MONITORING, plural: 'servicemonitors' },
  PrometheusRule: { apiVersion: MONITORING, plural: 'prometheusrules' },
  ScaledObject: { apiVersion: 'keda.sh/v1alpha1', plural: 'scaledobjects', isMade: true },
  Gateway: { apiVersion: GATEWAY, plural: 'gateways' },
  HTTPRoute: { apiVersion: GATEWAY, plural: 'httproutes', isMade: true },
  ValidatingAdmissionPolicy: { apiVersion: ADMISSION, plural: 'validatingadmissionpolicies' },
  ValidatingAdmissionPolicyBinding: { apiVersion: ADMISSION, plural: 'validatingadmissionpolicybindings' },
};

/**
 * Kinds of the whole cluster that are about one namespace, named by a label. A user with rights in
 * namespaces only may not list them; a network without such objects can still be planned.
 */
export const POLICY_KINDS: ReadonlySet<string> = new Set([
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);
