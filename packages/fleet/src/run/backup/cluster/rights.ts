import type { JsonRecord } from '@watchbill/kit';
import { at } from '../../kubernetes/ownership.ts';
import { BackupFault } from '../backup-fault.ts';
import { clusterFault, type OpenCluster } from './open.ts';

/** Something that must be allowed. */
export interface Right {
  readonly verb: string;
  /** Of the API: empty for the core. */
  readonly group: string;
  /** Plural, with its part: `pods/portforward`. */
  readonly resource: string;
  /** False: of the cluster as a whole. */
  readonly inNamespace: boolean;
}

function rights(
  group: string,
  resource: string,
  inNamespace: boolean,
  ...verbs: readonly string[]
): readonly Right[] {
  return verbs.map((verb) => ({ verb, group, resource, inNamespace }));
}

const SNAPSHOTS = 'snapshot.storage.k8s.io';

const BOTH: readonly Right[] = [
  ...rights('', 'pods', true, 'list'),
  // Over a web socket the request is a GET; newer servers also require the right to create.
  ...rights('', 'pods/portforward', true, 'get', 'create'),
  ...rights('', 'persistentvolumeclaims', true, 'get', 'create', 'delete'),
  ...rights('', 'resourcequotas', true, 'list'),
  ...rights('', 'persistentvolumes', false, 'get'),
  ...rights(SNAPSHOTS, 'volumesnapshots', true, 'get', 'list', 'patch'),
  ...rights(SNAPSHOTS, 'volumesnapshotcontents', false, 'get'),
  ...rights('storage.k8s.io', 'storageclasses', false, 'list'),
];

/** The requests of a restore. */
export const RESTORE_RIGHTS: readonly Right[] = [
  ...BOTH,
  ...rights('apps', 'statefulsets', true, 'get', 'patch'),
  ...rights('', 'persistentvolumes', false, 'patch'),
];

/** The requests of a drill. */
export const DRILL_RIGHTS: readonly Right[] = [
  ...BOTH,
  ...rights('apps', 'statefulsets', true, 'get'),
  ...rights('', 'persistentvolumeclaims', true, 'list'),
  ...rights('', 'pods', true, 'get', 'create', 'delete'),
  ...rights('', 'persistentvolumes', false, 'patch'),
];

/** `patch persistentvolumes (of the cluster)` */
export function rightText({ verb, resource, inNamespace }: Right): string {
  return `${verb} ${resource}${inNamespace ? '' : ' (of the cluster)'}`;
}

/** Asks the server first whether all requests are allowed. Throws a BackupFault that names the others. */
export async function refuseMissingRights(
  cluster: OpenCluster,
  wanted: readonly Right[],
  signal: AbortSignal,
): Promise<void> {
  const answers = await Promise.all(
    wanted.map(async (right) => ({ right, allowed: await isAllowed(cluster, right, signal) })),
  );
  const missing = answers.filter(({ allowed }) => !allowed).map(({ right }) => rightText(right));
  if (missing.length === 0) return;
  throw new BackupFault(
    'cluster',
    `cluster ${cluster.place.name}: the user of the kubeconfig lacks rights in namespace ${cluster.place.namespace}: ${missing.join(', ')}`,
    'no object was changed; give the user these rights: `watchbill docs back-up` has the roles',
  );
}

const REVIEW_PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

async function isAllowed(cluster: OpenCluster, right: Right, signal: AbortSignal): Promise<boolean> {
  const [resource, subresource = ''] = right.resource.split('/');
  const body: JsonRecord = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        verb: right.verb,
        group: right.group,
        resource: resource ?? '',
        ...(subresource === '' ? {} : { subresource }),
        ...(right.inNamespace ? { namespace: cluster.place.namespace } : {}),
      },
    },
  };
  // It is read-only, so it may be repeated.
  const reply = await cluster.client.ask(
    { method: 'POST', path: REVIEW_PATH, body: JSON.stringify(body) },
    signal,
  );
  if (reply.kind === 'answer' && reply.status === 201) return at(reply.body, ['status', 'allowed']) === true;
  throw clusterFault(
    cluster,
    'asking for rights',
    reply.kind === 'answer' ? `the server answered ${reply.status}` : reply.detail,
  );
}
