import type { JsonRecord } from '@watchbill/kit';
import type { AccessRule } from './access.ts';

const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io/v1';
const SNAPSHOTS = 'snapshot.storage.k8s.io';

/** The account of one job, and the command that it runs. */
export interface JobAccess {
  readonly network: string;
  readonly namespace: string;
  readonly account: string;
  readonly kind: 'backup' | 'growth';
  /** The node that is backed up; null for growth. */
  readonly node: string | null;
  /** Old backups are removed too. */
  readonly prunes: boolean;
}

/** The account with its rights. The policy of a backup comes before the rights that it limits. */
export function jobAccess(job: JobAccess): readonly JsonRecord[] {
  const { account, namespace, network } = job;
  const wide = `${account}.${namespace}.${network}`;
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
  const bound = (kind: string, name: string) => ({ subjects, roleRef: { apiGroup: RBAC, kind, name } });
  const inNamespace = { name: account, namespace };
  const clusterRules = rulesOfCluster(job);
  return [
    ...(job.node === null ? [] : replicasOnly(job, wide)),
    object('v1', 'ServiceAccount', inNamespace, { automountServiceAccountToken: false }),
    object(`${RBAC}/v1`, 'Role', inNamespace, { rules: rulesOfNamespace(job) }),
    object(`${RBAC}/v1`, 'RoleBinding', inNamespace, bound('Role', account)),
    ...(clusterRules.length === 0
      ? []
      : [
          object(`${RBAC}/v1`, 'ClusterRole', { name: wide }, { rules: clusterRules }),
          object(`${RBAC}/v1`, 'ClusterRoleBinding', { name: wide }, bound('ClusterRole', wide)),
        ]),
  ];
}

function rule(
  group: string,
  resources: readonly string[],
  verbs: readonly string[],
  ...resourceNames: readonly string[]
): AccessRule {
  const own = { apiGroups: [group], resources, verbs };
  return resourceNames.length === 0 ? own : { ...own, resourceNames };
}

/** No right on Secrets. Sets and ports are named one by one. */
export function rulesOfNamespace({ node, prunes }: JobAccess): readonly AccessRule[] {
  if (node === null) return [rule('', ['persistentvolumeclaims'], ['list', 'get', 'patch'])];
  return [
    rule('apps', ['statefulsets'], ['get', 'patch'], node),
    rule('', ['pods'], ['list']),
    rule('', ['pods/portforward'], ['get', 'create'], `${node}-0`),
    rule('', ['persistentvolumeclaims'], ['get']),
    rule(SNAPSHOTS, ['volumesnapshots'], ['get', 'list', 'create', 'patch', ...(prunes ? ['delete'] : [])]),
  ];
}

/** Classes and contents of snapshots belong to the whole cluster. Both are only read. */
function rulesOfCluster({ node }: JobAccess): readonly AccessRule[] {
  return node === null ? [] : [rule(SNAPSHOTS, ['volumesnapshotclasses', 'volumesnapshotcontents'], ['get'])];
}

/**
 * RBAC cannot give the right to scale a set by `patch` alone: the same right would let the account change the
 * image, or mount a Secret.
 */
function replicasOnly({ account, namespace }: JobAccess, name: string): readonly JsonRecord[] {
  const user = `system:serviceaccount:${namespace}:${account}`;
  const same = ['template', 'selector', 'serviceName'].map(
    (key) => `object.spec.${key} == oldObject.spec.${key}`,
  );
  const spec = {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: ['apps'],
          apiVersions: ['*'],
          resources: ['statefulsets'],
          operations: ['CREATE', 'UPDATE'],
        },
      ],
    },
    matchConditions: [{ name: 'job', expression: `request.userInfo.username == '${user}'` }],
    validations: [
      {
        expression: `request.operation == 'UPDATE' && ${same.join(' && ')} && object.spec.replicas <= 1`,
        message: `${user} may stop and start the node, and change no other part of its set`,
        reason: 'Forbidden',
      },
    ],
  };
  const binding = { policyName: name, validationActions: ['Deny'] };
  return [
    object(ADMISSION, 'ValidatingAdmissionPolicy', { name }, { spec }),
    object(ADMISSION, 'ValidatingAdmissionPolicyBinding', { name }, { spec: binding }),
  ];
}

/** Without the label of the network: a plan would take an object that has it for one of the network's. */
function object(apiVersion: string, kind: string, metadata: JsonRecord, content: object): JsonRecord {
  const labels = { 'app.kubernetes.io/managed-by': 'watchbill' };
  return { apiVersion, kind, metadata: { ...metadata, labels }, ...content };
}

/** The port of an address; that of its protocol if it names none. */
export function portOfUrl(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}
