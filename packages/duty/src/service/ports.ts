import type { Freeze } from '../rule/index.ts';
import type { MemoryView } from './contract.ts';
import type { PeerUnitsQuery, UnitFactsPage } from './shapes/units.ts';

/** Reading other services of the ledger. Network as a port. */
export interface Peers {
  /**
   * Ask a service for its memory; it cancels its own undelivered work first. Rejects when there is no answer
   * in time.
   */
  memory(url: string, secret: string, timeoutMs: number): Promise<MemoryView>;
  /**
   * Ask a service for its facts about units; it changes no work of that service. Rejects when there is no
   * answer in time. Without it, the facts of other services count as unknown.
   */
  units?(url: string, secret: string, query: PeerUnitsQuery, timeoutMs: number): Promise<UnitFactsPage>;
}

/** A node's answer to `grandpa_roundState`. */
export interface RoundState {
  readonly setId: bigint;
  readonly bestRound: bigint;
}

/** Reading the claimant's own node, for the original wire protocol. */
export interface NodeRpc {
  roundState(rpcUrl: string, timeoutMs: number): Promise<RoundState>;
}

/** Log events for operators: one for each outcome or change of state. */
export interface Log {
  info(event: Record<string, unknown>, message: string): void;
  warn(event: Record<string, unknown>, message: string): void;
  error(event: Record<string, unknown>, message: string): void;
}

/** The file of the data folder that keeps drills and handovers. */
export interface StandbyFile {
  /** Its text, or null if there is none yet. Throws if it cannot be read. */
  load(): string | null;
  /** Replaces it durably. */
  save(text: string): Promise<void>;
}

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

/** Counters and histograms, so that the core needs no metrics library. */
export interface Meter {
  decision(duty: string, outcome: string, reason: string, tookMs: number): void;
  storeCall(call: 'read' | 'transact', outcome: string, tookMs: number): void;
  ledgerAppend(entries: number, tookMs: number): void;
  batch(transactions: number): void;
  /** A unit that was due or claimed is over. */
  unit?(key: string, duty: string, outcome: string): void;
}

/** The places between two steps of a claim at which a test may stop or kill the process. */
export const FAILPOINTS = [
  'claim-received',
  'before-transaction',
  'after-transaction',
  'before-append',
  'after-append',
  'before-reply',
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];
/** Production passes none. */
export type Failpoint = (name: FailpointName) => void | Promise<void>;
