import type { DevName } from '../nodes/dev-keys.ts';

/** A chain for scenarios: its validators, one of them with its keys on two machines. */
export interface ChainKind {
  /** The validator with two machines. */
  readonly identity: DevName;
  /** Its machines, in order of rank. */
  readonly machines: readonly [string, string];
  /** Validators with one machine each, which sign without a permission service, like most of a network. */
  readonly others: readonly DevName[];
  readonly slotMs: number;
  /** How long a standby waits per rank, from the slot's start; well within the time for a block. */
  readonly standbyDelayMs: number;
  /** How long a node counts as present without a report, in milliseconds; preference only. */
  readonly watchTtlMs: number;
  /** The relay-chain node, which runs all validators. Null: the node of `substrate/` runs them. */
  readonly relayBinary: string | null;
}

/** Five BABE authorities with slots of a second, in the node of `substrate/`. */
export const DEVNET: ChainKind = {
  identity: 'Eve',
  machines: ['eve-1', 'eve-2'],
  others: ['Alice', 'Bob', 'Charlie', 'Dave'],
  slotMs: 1_000,
  standbyDelayMs: 250,
  watchTtlMs: 2_500,
  relayBinary: null,
};

/**
 * Four validators of Westend's runtime in the relay-chain node: BABE, GRANDPA and BEEFY, with slots of six
 * seconds.
 */
export function relayChain(relayBinary: string): ChainKind {
  return {
    identity: 'Dave',
    machines: ['dave-1', 'dave-2'],
    others: ['Alice', 'Bob', 'Charlie'],
    slotMs: 6_000,
    standbyDelayMs: 1_000,
    watchTtlMs: 3_000,
    relayBinary,
  };
}
