import type { FaultBook } from './faults.ts';
import type { Outcome } from './outcome.ts';

/** An agreed action that is not over yet. */
export interface Execution {
  readonly window: bigint;
  readonly action: string;
  /** The profile's encoding of what to do. */
  readonly payload: Uint8Array;
  readonly startBlock: bigint;
  readonly expiryBlock: bigint;
}

/** An own message that is repeated until the active phase is over. */
export interface Sent {
  readonly type: string;
  readonly payload: Uint8Array;
  readonly atHeight: bigint;
}

/** The memory of a group across a restart. One record per group, replaced as a whole. */
export interface Cursor {
  /** The last window that this node began, or up to which it missed none; 0 if there was none. */
  readonly window: bigint;
  readonly stage: 'open' | 'ended';
  /**
   * Messages that were or may have been sent in this window, in order. After a restart the same bytes are
   * sent again.
   */
  readonly sent: readonly Sent[];
  /** The profile's memory of this window, in its own encoding; null for none. */
  readonly memory: Uint8Array | null;
  readonly faults: FaultBook;
  /** The last outcome. It is reported again after a restart, because the recorder may not have stored it. */
  readonly outcome: Outcome | null;
  /**
   * The last window whose action this node took up; 0 for none. A noop does not count, because it can follow
   * an agreement that this node missed and whose lease still runs.
   */
  readonly agreed: bigint;
  /** The one running action. It is started again after a restart, under the same key. */
  readonly execution: Execution | null;
}

/**
 * Keeps the cursor of one group as text; see `encodeCursor`. `store` returns when the text is durable. If it
 * throws, no later effect is performed.
 */
export interface CursorStore {
  load(): Promise<string | null>;
  store(text: string): Promise<void>;
}
