import type { FaultBook } from './faults.ts';
import type { Outcome } from './outcome.ts';

/** Something that was agreed on and is not over yet. */
export interface Execution {
  readonly window: bigint;
  readonly action: string;
  /** The profile's encoding of what to do. */
  readonly payload: Uint8Array;
  readonly startBlock: bigint;
  readonly expiryBlock: bigint;
}

/** A message of ours that is repeated until the active phase is over. */
export interface Sent {
  readonly type: string;
  readonly payload: Uint8Array;
  readonly atHeight: bigint;
}

/** What a group must remember across a restart. One record per group, replaced as a whole. */
export interface Cursor {
  /** The last window that was begun, or after which nothing was missed; 0 where there was none. */
  readonly window: bigint;
  readonly stage: 'open' | 'ended';
  /** What was or may have been sent in this window, in its order. After a restart the same bytes are sent again. */
  readonly sent: readonly Sent[];
  /** What the rules of the profile must remember of this window, in their own encoding; null for nothing. */
  readonly memory: Uint8Array | null;
  readonly faults: FaultBook;
  /** The last outcome; told again after a restart, since the recorder may not have heard it. */
  readonly outcome: Outcome | null;
  /** The one running action. Handed over again after a restart, under the same key. */
  readonly execution: Execution | null;
}

/**
 * Keeps the cursor of one group as text; see `encodeCursor`. `store` returns when the text is durable, and throws where it is
 * not; then nothing that was to follow is done.
 */
export interface CursorStore {
  load(): Promise<string | null>;
  store(text: string): Promise<void>;
}
