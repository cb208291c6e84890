import type { Clock, Random } from '@watchbill/kit';
import type { Store } from '../../store/index.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Failpoint, KeepIncident, Log, Meter, NodeRpc, Peers, StandbyFile } from '../ports.ts';
import type { UnitFile } from '../units/file.ts';

/** All dependencies of the core, so that it runs unchanged in virtual time. */
export interface PermitParts {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly peers: Peers;
  readonly nodeRpc: NodeRpc;
  readonly log: Log;
  readonly meter: Meter;
  readonly failpoint?: Failpoint;
  /** Without it, drills are forgotten at the end of the process. */
  readonly standbyFile?: StandbyFile;
  /** The history of units; without it the service keeps none. */
  readonly unitFile?: UnitFile;
  /** Keeps the incident of an automatic freeze; without it, the policy alone has the evidence. */
  readonly incidents?: KeepIncident;
}

export interface PermitOptions {
  /** Name of this service for people, in logs and the list of services. */
  readonly name: string;
  /** The address of this service for other services; null if it is the only one. */
  readonly url: string | null;
  /** Life of the service's session in the store, in milliseconds. */
  readonly sessionTtlMs: number;
  /** Budget of one store call, in milliseconds. */
  readonly storeTimeoutMs: number;
  /**
   * Secret of the first operator, taken from its file; made known to the ledger at start. Null if tokens
   * exist.
   */
  readonly operatorSecret: string | null;
  /** When the TLS certificate of the service ends, in Unix milliseconds. Absent without TLS. */
  readonly certificateEndsMs?: number;
  /** Concurrent claims before the service refuses more. */
  readonly maxInFlight: number;
}
