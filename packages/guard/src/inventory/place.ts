import type { PublicKey } from '../custody/key-name.ts';
import type { Login, Way } from '../inspect/remote.ts';

/** A place that holds keys, or that could not be looked at. */
export interface Place {
  /** For example `val-1:/var/lib/polkadot/chains/polkadot/keystore`, or `compose.yml: service dot`. */
  readonly place: string;
  /** Two places with one identity are one. */
  readonly identity: string;
  readonly keys: readonly PublicKey[];
  /** The programs that can sign with its keys, one entry for each process that may run at the same time. */
  readonly signers: readonly string[];
  /** Keys that are meant for this machine, and that no node reads here. Empty: for any, or it is a peer. */
  readonly forMachine?: string;
  /** Why its keys, or some of them, are not known. Null if all are. */
  readonly why: string | null;
}

/** A machine, and how ssh reaches it. */
export interface Target {
  readonly name: string;
  readonly at: Login;
  readonly way: Partial<Way>;
}

export interface Inventory {
  readonly targets: readonly Target[];
  readonly places: readonly Place[];
}

export const unseen = (place: string, why: string): Place => seenPlace(place, { why });

/** A place with these keys or signers. */
export function seenPlace(place: string, more: Partial<Place> = {}): Place {
  return { ...{ place, identity: place, keys: [], signers: [], why: null }, ...more };
}
