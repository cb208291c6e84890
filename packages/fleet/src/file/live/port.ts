import type { Json } from '@watchbill/kit';
import type { Expected, Place, Resource, Subject } from '../graph/resource.ts';

/** A live resource of a place. */
export interface LiveResource {
  /** As in the graph: `PLACE/KIND/…`. */
  readonly id: string;
  readonly place: string;
  readonly kind: string;
  readonly name: string;
  /** Network by its owner label; null if it has none. */
  readonly network: string | null;
  /** According to its labels. */
  readonly subject: Subject;
  readonly lifecycle: Resource['lifecycle'];
  /** Without status and what only the server keeps (managedFields, uid, resourceVersion, generation, …). */
  readonly body: Json;
  /** Changes when anything of the object is changed: uid and resourceVersion, or a digest. */
  readonly fingerprint: string;
  /**
   * Set for a holder of keys that no place of the network has: whose it is, for example `the network other`.
   */
  readonly owner?: string;
  /** Of an object of a cluster. */
  readonly uid?: string;
  /** Of a pod: when the API server made it, for example `2026-01-01T00:00:00Z`. */
  readonly madeAt?: string;
}

/**
 * The content of a place after applying the resource: for a cluster the answer of a dry run, with defaults.
 */
export type Proposal =
  | { readonly ok: true; readonly body: Json }
  | {
      readonly ok: false;
      readonly reason: 'conflict' | 'invalid' | 'forbidden' | 'immutable' | 'unreachable';
      /** The target's message, with field and manager if it named them. No secret. */
      readonly detail: string;
    };

/** The facts about a place before a plan is made. */
export interface PlaceState {
  readonly place: string;
  /**
   * By id: everything with the owner mark of the network, and everything that has the id of a resource of the
   * graph.
   */
  readonly live: ReadonlyMap<string, LiveResource>;
  /** By id, one for each resource of the graph at this place. */
  readonly proposals: ReadonlyMap<string, Proposal>;
  /** Those of `expects` that are not there. */
  readonly missing: readonly Expected[];
  /** Those of `expects` that the credentials may not read; absent if they may read all. */
  readonly unread?: readonly Unread[];
}

/** A required object that the credentials may not read. */
export interface Unread {
  readonly expected: Expected;
  /** The server's message: the user, the right, and the rule that grants it. */
  readonly detail: string;
}

export type PlaceRead =
  | { readonly ok: true; readonly state: PlaceState }
  | {
      readonly ok: false;
      readonly place: string;
      readonly reason: 'unreachable' | 'forbidden';
      readonly detail: string;
    };

/** How applying or removing ended. `unknown`: the reply was lost; read again before anything else is done. */
export type Done =
  | { readonly outcome: 'done'; readonly fingerprint: string | null }
  | {
      readonly outcome: 'conflict' | 'changed' | 'invalid' | 'forbidden' | 'unreachable' | 'unknown';
      readonly detail: string;
    };

/** `unknown` is never taken for healthy, nor for gone. */
export type Health =
  | { readonly state: 'healthy' | 'gone' }
  | { readonly state: 'waiting'; readonly detail: string; readonly peers?: NoPeers }
  | { readonly state: 'failed' | 'unknown'; readonly detail: string };

/**
 * Why a node that is healthy otherwise has no peers: it knows boot nodes and did not reach them (`missed`),
 * or it knows none (`untold`).
 */
export type NoPeers = 'missed' | 'untold';

/** A cluster or a machine. Every call ends by its own deadline or the signal. */
export interface Target {
  readonly place: Place;
  /**
   * Reads the live objects and the result of each resource (dry run), and looks for required objects. Changes
   * nothing. `isKeyed`: a signer with named keys is at another place, and a holder of them may be here.
   */
  readonly read: (
    network: string,
    resources: readonly Resource[],
    expects: readonly Expected[],
    signal: AbortSignal,
    isKeyed?: boolean,
  ) => Promise<PlaceRead>;
  /**
   * Applies one resource; `basedOn` is the fingerprint that it must still have, null if it must not exist.
   */
  readonly apply: (resource: Resource, basedOn: string | null, signal: AbortSignal) => Promise<Done>;
  /** Removes one resource of the network. `orphan`: what it owns (pods, volumes) stays. */
  readonly remove: (
    id: string,
    basedOn: string,
    options: { readonly orphan: boolean },
    signal: AbortSignal,
  ) => Promise<Done>;
  /** Whether what a resource started is healthy; whether all that it started is gone. */
  readonly health: (id: string, signal: AbortSignal) => Promise<Health>;
}
