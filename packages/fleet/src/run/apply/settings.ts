import type { Clock } from '@watchbill/kit';
import type { Health } from '../../file/live/index.ts';
import type { Plan, Step } from '../../file/plan/index.ts';
import type { IdentifiedTarget } from './identity.ts';
import type { Journal } from './journal.ts';

/**
 * Whether a started or changed signer works: it is synced, has peers, and holds the keys of its
 * set. The next signer waits for `healthy`; `unknown` is not healthy.
 */
export type SignerCheck = (place: string, resourceId: string, signal: AbortSignal) => Promise<Health>;

/** Whether the nodes of a step that changed something are as good as those that it did not change. */
export type StepJudge = (step: Step, signal: AbortSignal) => Promise<Health>;

export interface ApplySettings {
  readonly plan: Plan;
  /** By the name of the place. */
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly checkSigner: SignerCheck;
  /**
   * Why no further step may begin, for example because another process took the lock of the network; null: it
   * may. Left out: it always may. `isSigning`: the step begins, ends or changes the use of keys.
   */
  readonly mayGoOn?: ((isSigning: boolean, signal: AbortSignal) => Promise<string | null>) | undefined;
  /** A further check once the object of a step is healthy (default: none). */
  readonly judge?: StepJudge | undefined;
  /** Longest wait for the health of one step. */
  readonly gateTimeoutMs: number;
  /** Longest time between two looks at a step. */
  readonly pollMs: number;
  /** Called for each event. */
  readonly onEvent: (event: ApplyEvent) => void;
  /** No new step begins once it is aborted. */
  readonly signal: AbortSignal;
}

export interface ApplyEvent {
  readonly step: Step;
  readonly state: 'begun' | 'applied' | 'waiting' | 'verified' | 'rolled-back' | 'stopped';
  readonly detail: string;
}

export const STOP_REASONS = {
  conflict: 'another manager set a field that the plan sets',
  changed: 'the objects changed after the plan was made',
  invalid: 'the target refuses the object',
  missing: 'a required object is missing, and apply never makes it',
  forbidden: 'the credentials may not do that',
  unreachable: 'the place cannot be reached',
  unknown: 'it is not known whether it was done',
  'gate-timeout': 'it did not become healthy, or was not gone, in time',
  'gate-failed': 'it exists, and waiting will not make it healthy',
  'rolled-back': 'the new version did not become healthy, and the earlier version was put back',
  'lock-lost': 'this process lost the lock of the network, or could not renew it',
  interrupted: 'the command was stopped',
} as const;
export type StopReason = keyof typeof STOP_REASONS;

export interface Stop {
  readonly step: Step;
  readonly reason: StopReason;
  readonly detail: string;
}

/** How it ended. `left` are the steps that are not done and verified, in the order of the plan. */
export interface ApplyResult {
  readonly done: readonly string[];
  readonly left: readonly string[];
  /** Empty: all was done. */
  readonly stops: readonly Stop[];
}
