import type { Incoming, Validation } from '../rules.ts';

/** The events of a group. Each answer names its window; a late answer is dropped. */
export type EngineEvent<Proposal> =
  /** A height that the chain reached. Heights may be skipped, repeat or go back. */
  | { readonly kind: 'height'; readonly height: bigint }
  /** The answers to all questions, in the same order. */
  | { readonly kind: 'inputs'; readonly window: bigint; readonly inputs: readonly Uint8Array[] }
  | { readonly kind: 'no-inputs'; readonly window: bigint; readonly why: string }
  | {
      readonly kind: 'proposal';
      readonly window: bigint;
      readonly attempt: number;
      readonly proposal: Proposal;
    }
  | { readonly kind: 'no-proposal'; readonly window: bigint; readonly attempt: number; readonly why: string }
  | { readonly kind: 'ask-again'; readonly window: bigint; readonly attempt: number }
  | { readonly kind: 'message'; readonly message: Incoming }
  | {
      readonly kind: 'validated';
      readonly window: bigint;
      readonly key: string;
      readonly answer: Validation;
    }
  | { readonly kind: 'action-ended'; readonly window: bigint };
