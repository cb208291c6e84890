import type { Resource } from '../../file/graph/index.ts';
import type { Health, LiveResource, Reached, Target } from '../../file/live/index.ts';
import type { TypedKey } from '../../file/signers/index.ts';
import type { MachineTraits } from './machine-traits.ts';
import type { SharedRecords } from './shared-records.ts';

/**
 * The identity of a place, independent of its name: the uid of a cluster, or the machine id of a machine with
 * its traits.
 */
export type Identity =
  | { readonly ok: true; readonly identity: string; readonly traits?: MachineTraits }
  | { readonly ok: false; readonly reason: 'unreachable' | 'forbidden'; readonly detail: string };

/** Those of the given keys that a process has. Not ok: it was not asked, does not answer, or refuses to. */
export type KeysHeld =
  | { readonly ok: true; readonly held: readonly TypedKey[] }
  | { readonly ok: false; readonly detail: string };

/** A target with an identity, so that two places of one name differ. */
export interface IdentifiedTarget extends Target {
  readonly identity: (signal: AbortSignal) => Promise<Identity>;
  /** The memory and the lock of a network in this place, for all operators. */
  readonly shared: (network: string) => SharedRecords;
  /** The present run of a machine's system: two machines with one id, such as clones, differ in it. */
  readonly start?: (signal: AbortSignal) => Promise<Identity>;
  /** Whether the node of an object or a unit reports that it is synced and has peers. */
  readonly signer?: (id: string, signal: AbortSignal) => Promise<Health>;
  /**
   * Removes pods that are not ready and not of the declared version, so that the cluster makes them anew.
   * Returns why one could not be removed, or null.
   */
  readonly clearStale?: (id: string, signal: AbortSignal) => Promise<string | null>;
  /** The body that we applied last to this object; null if it is unknown. */
  readonly applied?: (id: string, signal: AbortSignal) => Promise<Resource['body'] | null>;
  /** A way to a node that an object or a unit runs: by the number of its pod, 0 for a unit. */
  readonly reach?: (id: string, ordinal: number, signal: AbortSignal) => Promise<Reached>;
  /** Asks the node of a unit or a pod, over its loopback, which of these session keys its keystore has. */
  readonly holds?: (
    process: LiveResource,
    keys: readonly TypedKey[],
    signal: AbortSignal,
  ) => Promise<KeysHeld>;
}
