import type { Clock } from '@watchbill/kit';
import type { RolloutSettings } from '../../file/network/index.ts';
import type { RolloutJournal } from './journal.ts';
import type { RolloutPort } from './port.ts';

export interface RunSettings {
  readonly port: RolloutPort;
  readonly settings: RolloutSettings;
  readonly journal: RolloutJournal;
  readonly clock: Clock;
  /**
   * Makes the resources that the change needs and that restart no node, once the checks before it hold; or
   * returns a message why it could not.
   */
  readonly prepare?: ((signal: AbortSignal) => Promise<string | null>) | undefined;
  /** Between two looks. */
  readonly pollMs: number;
  /** Called for each event. */
  readonly onEvent: (event: RolloutEvent) => void;
  /** No new unit begins once it is aborted; run again to continue. */
  readonly signal: AbortSignal;
}

export interface RolloutEvent {
  readonly state: 'before' | 'begun' | 'waiting' | 'verified' | 'going-back' | 'restored' | 'left' | 'ended';
  /** The unit or stage; empty for the roll-out as a whole. */
  readonly what: string;
  readonly detail: string;
}

/** A unit that still has the new version, or of which that is not known. */
export interface LeftUnit {
  readonly unit: string;
  readonly why: string;
}

export type RolloutEnd =
  | { readonly how: 'done'; readonly changed: readonly string[] }
  /** A check failed before any node was changed. */
  | { readonly how: 'not-begun'; readonly why: string }
  /** Everything that was begun is as it was before, but for `left`. */
  | {
      readonly how: 'rolled-back';
      readonly why: string;
      readonly restored: readonly string[];
      readonly left: readonly LeftUnit[];
    }
  | { readonly how: 'interrupted'; readonly left: readonly string[] };
