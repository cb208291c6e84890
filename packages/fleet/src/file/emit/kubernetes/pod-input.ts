import type { FleetNode } from '../../normalise/network.ts';
import { signs } from '../../normalise/network.ts';
import type { Paths } from '../arguments.ts';
import type { Boot } from '../bootnodes.ts';
import { SPEC_KEY, type SpecSource } from './network-wide.ts';
import type { ClusterScene } from './resource.ts';

/** The inputs for the pods of a set. */
export interface PodInput {
  readonly scene: ClusterScene;
  /** The node; for a set of several, any of them. */
  readonly node: FleetNode;
  readonly shared: boolean;
  readonly boots: readonly Boot[];
  readonly spec: SpecSource;
  readonly relaySpec: SpecSource | null;
  readonly toolsImage: string | null;
}

/** Where volumes are mounted. */
export const MOUNTS = {
  data: '/data',
  relay: '/relay',
  keys: '/keys',
  memory: '/keystore',
  spec: '/spec',
  relaySpec: '/relay-spec',
  nodeKey: '/node-key',
  seeds: '/seeds',
  duty: '/duty',
  temporary: '/tmp',
} as const;

/** The paths of the node in the pod. */
export function pathsOf({ node, spec, relaySpec }: PodInput): Paths {
  const { session, node: nodeKey } = node.settings.keys;
  const own = signs(node.role) ? MOUNTS.keys : MOUNTS.data;
  return {
    chain: spec.from === 'name' ? spec.name : `${MOUNTS.spec}/${SPEC_KEY}`,
    relayChain:
      relaySpec === null
        ? null
        : relaySpec.from === 'name'
          ? relaySpec.name
          : `${MOUNTS.relaySpec}/${SPEC_KEY}`,
    data: MOUNTS.data,
    relayData: MOUNTS.relay,
    keystore: session.source === 'secret' ? MOUNTS.memory : `${MOUNTS.keys}/keystore`,
    nodeKey: nodeKey.source === 'secret' ? `${MOUNTS.nodeKey}/key` : `${own}/node.key`,
    relayNodeKey: `${own}/relay-node.key`,
    duty: { token: `${MOUNTS.duty}/token`, ca: `${MOUNTS.duty}/ca` },
  };
}
