import { MARKS, type Subject } from '../../graph/resource.ts';
import type { ClusterPlace, FleetNode, FleetPool, Network } from '../../normalise/network.ts';

/** `POOL-PLACE`: the Service, the policies and, for pools of one set, the StatefulSet. */
export function setName(pool: Pick<FleetPool, 'name'>, place: string): string {
  return `${pool.name}-${place}`;
}

/** Labels of everything of a network, of a pool, of a node. Values are names of the file. */
export function labelsOf(network: Network, { pool, node, role }: Subject): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'watchbill',
    'app.kubernetes.io/part-of': network.name,
    [MARKS.network]: network.name,
    ...(pool === null ? {} : { [MARKS.pool]: pool }),
    ...(node === null ? {} : { [MARKS.node]: node }),
    ...(role === null ? {} : { [MARKS.role]: role }),
  };
}

/** Selects the pods of a pool. */
export function poolSelector(network: Network, pool: Pick<FleetPool, 'name'>): Record<string, string> {
  return { [MARKS.network]: network.name, [MARKS.pool]: pool.name };
}

/** Selects the pod of one node. */
export function nodeSelector(network: Network, node: FleetNode): Record<string, string> {
  return { ...poolSelector(network, { name: node.pool }), [MARKS.node]: node.name };
}

export const NETWORK_SUBJECT: Subject = { pool: null, node: null, role: null, keySet: null };

export function poolSubject({ name, role }: FleetPool): Subject {
  return { pool: name, node: null, role, keySet: null };
}

export function nodeSubject({ name, pool, role }: FleetNode): Subject {
  return { pool, node: name, role, keySet: null };
}

/** `PLACE/KIND/NAMESPACE/NAME`. */
export function kubernetesId(place: ClusterPlace, kind: string, name: string, inNamespace = true): string {
  return `${place.name}/${kind}/${inNamespace ? place.namespace : '-'}/${name}`;
}
