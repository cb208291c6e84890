import type { Freeze } from '../rule/index.ts';

/** An automatic freeze: the facts for the person who has to find the other signer. */
export interface Incident {
  readonly v: 1;
  readonly key: string;
  readonly chain: string;
  /** The freeze as the policy keeps it. */
  readonly freeze: Freeze;
  /** Every key that was frozen for it: the key, and those of the same machines. */
  readonly frozen: readonly { readonly chain: string; readonly key: string; readonly version: number }[];
  readonly next: readonly string[];
}

/** Keeps incidents where a person finds them, for example as files. */
export type KeepIncident = (incident: Incident) => Promise<void>;
