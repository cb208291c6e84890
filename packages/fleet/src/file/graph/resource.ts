import type { Json, JsonRecord } from '@watchbill/kit';
import type { KeyUse } from './key-set.ts';

/** The purpose of a node. `validator` and `collator` sign. */
export const ROLES = ['validator', 'collator', 'boot', 'rpc', 'archive', 'backup'] as const;
export type Role = (typeof ROLES)[number];

/** Whose a resource is. All null: it belongs to the network as a whole. */
export interface Subject {
  readonly pool: string | null;
  /** Set if the resource belongs to one node. */
  readonly node: string | null;
  readonly role: Role | null;
  /** The use of session keys by the process of this resource; null if it starts none. */
  readonly keySet: KeyUse | null;
}

/** The lifecycle of a resource: kept as declared; or created if missing and then never changed or removed. */
export type Lifecycle = 'reconcile' | 'create-once';

interface ResourceOf<Target extends string, Body> {
  /**
   * `PLACE/KIND/NAME`, on a cluster `PLACE/KIND/NAMESPACE/NAME` (`-` without namespace). Unique in a graph.
   */
  readonly id: string;
  readonly target: Target;
  /** Name of the cluster or machine in the network file. */
  readonly place: string;
  readonly kind: string;
  readonly name: string;
  /** Ids that are applied before this one. */
  readonly needs: readonly string[];
  /**
   * Ids that are applied and verified healthy before this one is touched: the signers of a pool, one by one.
   */
  readonly afterHealthy: readonly string[];
  readonly subject: Subject;
  readonly lifecycle: Lifecycle;
  readonly body: Body;
}

/** The complete object for an API server, as server-side apply sends it. */
export interface KubernetesObject extends JsonRecord {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonRecord & { readonly name: string };
}

export type KubernetesResource = ResourceOf<'kubernetes', KubernetesObject>;

/** Something on a machine that systemd runs. Modes are octal texts, such as `0750`. */
export type MachineItem =
  | { readonly kind: 'user'; readonly name: string; readonly home: string }
  | {
      readonly kind: 'directory';
      readonly path: string;
      readonly owner: string;
      readonly group: string;
      readonly mode: string;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly owner: string;
      readonly group: string;
      readonly mode: string;
      readonly text: string;
    }
  | {
      /** An executable that is fetched, checked against its SHA-256, and only then put at `path`. */
      readonly kind: 'binary';
      readonly path: string;
      readonly source: string;
      readonly sha256: string;
      readonly owner: string;
      readonly group: string;
      readonly mode: string;
    }
  | {
      /** A unit file at `/etc/systemd/system/NAME`, enabled and started. */
      readonly kind: 'unit';
      readonly name: string;
      readonly text: string;
    };

export type MachineResource = ResourceOf<'machine', MachineItem>;

export type Resource = KubernetesResource | MachineResource;

/** Where resources go. */
export type Place =
  | {
      readonly target: 'kubernetes';
      readonly name: string;
      readonly context: string | null;
      readonly namespace: string;
    }
  | {
      readonly target: 'machine';
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly user: string;
    };

/**
 * A required object that apply never makes: a Secret with its entries, a file or an encrypted credential on a
 * machine.
 */
export interface Expected {
  readonly place: string;
  readonly kind: 'Secret' | 'file' | 'credential';
  /** Name in the namespace of the place, the path, or the name of the credential. */
  readonly name: string;
  /** Entries of the Secret that are read; empty otherwise. */
  readonly entries: readonly string[];
  readonly why: string;
  /** Resources that do not start without it. */
  readonly neededBy: readonly string[];
}

/** The nodes of a file that run one chain, of which at least one signs. */
export interface ChainNodes {
  /** True if no node outside the file is known to run it: then a single node has no peer. */
  readonly ownOnly: boolean;
  /** Ids of what starts them: a StatefulSet, a unit. */
  readonly nodes: readonly string[];
}

/** All that a network file asks for. A pure function of its text: the same file gives the same bytes. */
export interface Graph {
  readonly format: 'watchbill/graph/1';
  readonly network: string;
  readonly places: readonly Place[];
  /** In an order that respects `needs` and `afterHealthy`. */
  readonly resources: readonly Resource[];
  readonly expects: readonly Expected[];
  /** The nodes of each chain with signers; absent without signers. */
  readonly chains?: readonly ChainNodes[];
  /** SHA-256 over all of the above, as hex. */
  readonly digest: string;
}

/**
 * `watchbill/…` keys of labels (first five) and annotations (last two) on everything that we make on a
 * cluster.
 */
export const MARKS = {
  /** The owner: objects without it, or with another's, are never changed nor removed. */
  network: 'watchbill/network',
  pool: 'watchbill/pool',
  node: 'watchbill/node',
  role: 'watchbill/role',
  /** Of an object of the whole cluster: the namespace that it is about. */
  namespace: 'watchbill/namespace',
  /** On what starts a process that signs. */
  keySet: 'watchbill/key-set',
  /** `create-once` if that is the lifecycle. */
  lifecycle: 'watchbill/lifecycle',
} as const;

/** The field manager of server-side apply. */
export const FIELD_MANAGER = 'watchbill-fleet';

/** The data of a body, of whatever target. */
export function bodyJson(resource: Resource): Json {
  return resource.body as unknown as Json;
}
