import type { Store } from '../../port.ts';

/**
 * An adapter provides this so that the suite can run against it.
 *
 * Every law opens a separate store and closes it. The adapter declares each missing capability in `without`,
 * with the reason, which the suite prints. If a capability is neither present nor declared as missing, its
 * laws fail.
 */
export interface Harness {
  /** A fresh, empty store for one caller. May be a new database or a new key space of a running engine. */
  open(): Promise<Opened>;
  /** The capabilities that this adapter lacks, and why: `{ stall: 'answers within the same turn' }`. */
  readonly without?: Partial<Readonly<Record<Capability, string>>>;
  /**
   * The lease time that laws ask for, in milliseconds; near the shortest that the engine gives. Default
   * 2,000.
   */
  readonly leaseTtlMs?: number;
  /** True for a store of one process: its leases end with that process. On a shared store they go on. */
  readonly leasesEndWithProcess?: boolean;
  /** Budget of a call whose answer the law loses, in milliseconds. Default 1,000. */
  readonly lostCallTimeoutMs?: number;
  /** Time limit of one law, in milliseconds. Default 30,000. */
  readonly lawTimeoutMs?: number;
}

/** One open store, with functions that disturb it. */
export interface Opened {
  readonly store: Store;
  /**
   * Close the store and open it over the same data, as a restart of the process would. Returns the new store;
   * `close` then closes that one. Capability `reopen`.
   */
  reopen?(): Promise<Store>;
  /**
   * Let this much time pass for leases and watches. A virtual clock moves on; for a real engine the call
   * waits.
   */
  letTimePass(ms: number): Promise<void>;
  readonly faults: Faults;
  /** Close the store, if it is not closed, and remove what `open` made. */
  close(): Promise<void>;
}

/** Each settles when the disturbance is in place. If one is absent, the adapter lacks the capability. */
export interface Faults {
  /**
   * The store applies the next `transact`, then loses its answer. Later calls work again. Capability
   * `loseAnswer`.
   */
  loseAnswerAfterApply?(): Promise<void>;
  /** The next `transact` never arrives at the engine. Later calls work. Capability `loseAnswer`. */
  loseAnswerBeforeApply?(): Promise<void>;
  /**
   * Step the wall clock of store and engine by `ms` (may be negative); monotonic time goes on. Capability
   * `stepClock`.
   */
  stepClock?(ms: number): Promise<void>;
  /** From now on the engine can write nothing more (full disk, quota, read-only). Capability `failWrites`. */
  failWrites?(): Promise<void>;
  /** Undo `failWrites`. */
  healWrites?(): Promise<void>;
  /** From now on the engine does not answer, and keeps connections open. Capability `stall`. */
  stall?(): Promise<void>;
  /** Undo `stall`. */
  resume?(): Promise<void>;
}

export type Capability = 'reopen' | 'loseAnswer' | 'stepClock' | 'failWrites' | 'stall';

/** The members of {@link Opened} that make up each capability. */
export const CAPABILITY_MEMBERS: Readonly<Record<Capability, readonly string[]>> = {
  reopen: ['reopen'],
  loseAnswer: ['loseAnswerAfterApply', 'loseAnswerBeforeApply'],
  stepClock: ['stepClock'],
  failWrites: ['failWrites', 'healWrites'],
  stall: ['stall', 'resume'],
};

/** One sentence that every adapter keeps, and a check that throws if the adapter does not. */
export interface Law {
  readonly name: string;
  /** Capabilities that the check needs beyond the port. */
  readonly needs?: readonly Capability[];
  readonly check: (opened: Opened, settings: LawSettings) => Promise<void>;
}

/** The harness's numbers with their defaults filled in, in milliseconds. */
export interface LawSettings {
  readonly leaseTtlMs: number;
  readonly leasesEndWithProcess: boolean;
  readonly lostCallTimeoutMs: number;
}
