import type { Receipt } from '../actions/receipt.ts';
import type { Execution } from '../cursor.ts';
import type { Fault } from '../faults.ts';
import type { Outcome } from '../outcome.ts';
import type { InputAsk, Validation } from '../rules.ts';

/**
 * The outside world of a runner, for one group and any profile. Every call gets a signal that ends it; the
 * runner leaves a port that does not end in time, and drops its late answer.
 */
export interface RunnerPorts<Plan, Proposal> {
  readonly clock: ClockSource;
  readonly procedure: ProcedurePorts<Plan, Proposal>;
  readonly executor: Executor;
  readonly records: Records;
}

/** The chain as the clock of a group. */
export interface ClockSource {
  /**
   * Heights as they become final (or best, if the profile follows those). May skip, repeat or go back. Ends
   * when the signal does.
   */
  heights(signal: AbortSignal): AsyncIterable<bigint>;
  /** 32 bytes; throws if the node cannot answer. */
  input(ask: InputAsk, signal: AbortSignal): Promise<Uint8Array>;
}

export interface ProcedurePorts<Plan, Proposal> {
  /** Makes a proposal, or throws an error with the reason why there is none. */
  generate(plan: Plan, attempt: number, signal: AbortSignal): Promise<Proposal>;
  validate(plan: Plan, subject: Uint8Array, signal: AbortSignal): Promise<Validation>;
}

/** Runs an agreed action. The key (group, window) may come again after a restart: it skips finished steps. */
export interface Executor {
  /** Resolves when it is over, also if it failed; the signal ends with the expiry block or the process. */
  execute(execution: Execution, signal: AbortSignal): Promise<void>;
}

/**
 * Durable records. Each call returns when it is durable, and throws if it is not. Repeated ones keep the
 * first.
 */
export interface Records {
  loadCursor(): Promise<string | null>;
  storeCursor(text: string): Promise<void>;
  fault(window: bigint, fault: Fault): Promise<void>;
  outcome(outcome: Outcome): Promise<void>;
  /** A progress line or a receipt of an execution. */
  receipt(window: bigint, receipt: Receipt): Promise<void>;
}
