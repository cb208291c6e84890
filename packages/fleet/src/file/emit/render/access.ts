import type { JsonRecord } from '@watchbill/kit';
import { KINDS, POLICY_KINDS } from '../../graph/kinds.ts';
import type { Graph, KubernetesResource } from '../../graph/resource.ts';
import { haveNamedKeys } from '../../graph/unknown-use.ts';
import { clustersOf, yamlText } from './objects.ts';
import type { RenderedFile } from './rendered-file.ts';

/** Accounts of a person or a pipeline that plans, and of one that applies. */
export const PLANNER = 'watchbill-plan';
export const APPLIER = 'watchbill-apply';

/** A rule of a Role, as Kubernetes has it. */
export interface AccessRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const ACCOUNTS = [PLANNER, APPLIER] as const;
type Who = (typeof ACCOUNTS)[number];

interface Cluster {
  readonly namespace: string;
  readonly resources: readonly KubernetesResource[];
}

const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';

/**
 * For each cluster one file for an administrator: two accounts with the rights of `fleet plan` and
 * `fleet apply`, and a policy that holds the planning account to dry runs. A dry run needs the same rights as
 * the change, so without the policy that account could change objects, and read seeds by a pod that mounts
 * them.
 */
export function accessFiles(graph: Pick<Graph, 'network' | 'places' | 'resources'>): readonly RenderedFile[] {
  return clustersOf(graph, false).map((cluster) => ({
    path: `${cluster.name}.yaml`,
    text: accessObjects(graph.network, cluster).map(yamlText).join('---\n'),
  }));
}

/** The policy first, so that it is in force before the planning account has rights. */
function accessObjects(network: string, cluster: Cluster): readonly JsonRecord[] {
  const namespace = cluster.resources.flatMap(({ kind, body }) => (kind === 'Namespace' ? [body] : []));
  return [
    ...namespace,
    ...dryRunPolicy(network, cluster.namespace),
    ...ACCOUNTS.flatMap((who) => accountObjects(network, who, cluster)),
  ];
}

function accountObjects(network: string, who: Who, cluster: Cluster): readonly JsonRecord[] {
  const { namespace } = cluster;
  const clusterName = `${who}.${namespace}.${network}`;
  const subjects = [{ kind: 'ServiceAccount', name: who, namespace }];
  const bound = (kind: string, name: string) => ({ subjects, roleRef: { apiGroup: RBAC, kind, name } });
  return [
    object('v1', 'ServiceAccount', { name: who, namespace }),
    object(`${RBAC}/v1`, 'Role', { name: who, namespace }, { rules: namespaceRules(who) }),
    object(`${RBAC}/v1`, 'RoleBinding', { name: who, namespace }, bound('Role', who)),
    object(`${RBAC}/v1`, 'ClusterRole', { name: clusterName }, { rules: clusterRules(who, cluster) }),
    object(`${RBAC}/v1`, 'ClusterRoleBinding', { name: clusterName }, bound('ClusterRole', clusterName)),
  ];
}

/** Without the label of the network: a plan would take an object that has it for one of the network's. */
function object(apiVersion: string, kind: string, metadata: JsonRecord, content: object = {}): JsonRecord {
  const labels = { 'app.kubernetes.io/managed-by': 'watchbill' };
  return { apiVersion, kind, metadata: { ...metadata, labels }, ...content };
}

/**
 * Rights in the namespace of the network. They are the same for every network file, so a change of the file
 * needs no new Roles.
 */
export function namespaceRules(who: Who): readonly AccessRule[] {
  const plans = who === PLANNER;
  const inNamespace = Object.entries(KINDS).filter(
    ([kind]) => kind !== 'Namespace' && kind !== 'Pod' && !POLICY_KINDS.has(kind),
  );
  const byGroup = Map.groupBy(inNamespace, ([, { apiVersion }]) => groupOf(apiVersion));
  const ofKinds = [...byGroup].flatMap(([group, kinds]) => {
    const made = kinds.filter(([, { isMade }]) => isMade === true).map(([, { plural }]) => plural);
    const found = kinds.filter(([, { isMade }]) => isMade !== true).map(([, { plural }]) => plural);
    const verbs = ['get', 'list', 'create', 'patch', ...(plans ? [] : ['delete'])];
    return [
      ...(made.length === 0 ? [] : [rule(group, made, verbs)]),
      ...(found.length === 0 ? [] : [rule(group, found, ['list'])]),
    ];
  });
  const claims = rule('', ['persistentvolumeclaims'], ['get']);
  return [
    ...ofKinds,
    claims,
    ...(plans ? [rule('', ['pods'], ['list'])] : applyRules()),
    ...memoryRules(plans),
  ];
}

function applyRules(): readonly AccessRule[] {
  return [
    // Health, and after a roll-back the pods that never became ready.
    rule('', ['pods'], ['list', 'delete']),
    rule('', ['events'], ['list']),
    // The RPC of a signer is on the loopback of its pod. Newer servers ask for both verbs.
    rule('', ['pods/portforward'], ['get', 'create']),
    // To compare seeds. The account may create pods, and a pod can mount every Secret of its namespace.
    rule('', ['secrets'], ['get']),
  ];
}

/** The memory and the lock that all operators of a network share: decision 0025. */
function memoryRules(plans: boolean): readonly AccessRule[] {
  return plans
    ? [rule('coordination.k8s.io', ['leases'], ['get', 'list'])]
    : [
        rule('', ['configmaps'], ['update']),
        rule('coordination.k8s.io', ['leases'], ['get', 'list', 'create', 'update', 'patch']),
      ];
}

/** Rights in the whole cluster: few and read-only, except for the policy that a file may ask for. */
export function clusterRules(who: Who, { namespace, resources }: Cluster): readonly AccessRule[] {
  const hasNamedKeys = haveNamedKeys(resources);
  const policies = resources.filter(({ kind }) => POLICY_KINDS.has(kind)).map(({ name }) => name);
  const plurals = [...POLICY_KINDS].map((kind) => KINDS[kind]?.plural ?? kind);
  const verbs = ['get', 'create', 'patch', ...(who === PLANNER ? [] : ['delete'])];
  return [
    rule('', ['namespaces'], ['list']),
    // The uid of kube-system is the identity of a cluster.
    { ...rule('', ['namespaces'], ['get']), resourceNames: ['kube-system', namespace] },
    // Whatever in the cluster may have the same keys.
    ...(hasNamedKeys ? HOLDERS.map(([group, plurals]) => rule(group, plurals, ['list'])) : []),
    ...(policies.length === 0
      ? []
      : [
          rule(ADMISSION, plurals, ['list']),
          { ...rule(ADMISSION, plurals, verbs), resourceNames: [...new Set(policies)] },
        ]),
  ];
}

const HOLDERS: readonly (readonly [string, readonly string[]])[] = [
  ['', ['pods']],
  ['apps', ['statefulsets', 'deployments']],
  ['batch', ['jobs', 'cronjobs']],
];

function rule(group: string, resources: readonly string[], verbs: readonly string[]): AccessRule {
  return { apiGroups: [group], resources, verbs };
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

function dryRunPolicy(network: string, namespace: string): readonly JsonRecord[] {
  const name = `dry-runs.${namespace}.${network}`;
  const user = `system:serviceaccount:${namespace}:${PLANNER}`;
  const anything = { apiVersions: ['*'], resources: ['*/*'], operations: ['CREATE', 'UPDATE', 'DELETE'] };
  // Questions about rights change nothing.
  const questions = ['authentication.k8s.io', 'authorization.k8s.io'];
  const spec = {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [{ apiGroups: ['*'], ...anything }],
      excludeResourceRules: [{ apiGroups: questions, ...anything }],
    },
    matchConditions: [{ name: 'planner', expression: `request.userInfo.username == '${user}'` }],
    validations: [
      {
        expression: 'has(request.dryRun) && request.dryRun',
        message: `${user} may plan and not apply: only dry runs are allowed`,
        reason: 'Forbidden',
      },
    ],
  };
  const binding = { policyName: name, validationActions: ['Deny'] };
  return [
    object(`${ADMISSION}/v1`, 'ValidatingAdmissionPolicy', { name }, { spec }),
    object(`${ADMISSION}/v1`, 'ValidatingAdmissionPolicyBinding', { name }, { spec: binding }),
  ];
}
