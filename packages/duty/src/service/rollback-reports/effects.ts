import type { Released, Report } from './report.ts';

/** The work of the shell after a step, in this order. Answers come back as events. */
export type ReportsEffect =
  /** Durable in this service's ledger, each under its own id. Answered by `kept` or `disk-failed`. */
  | {
      readonly kind: 'keep-word';
      readonly recordKey: string;
      readonly words: readonly { readonly id: string; readonly text: string }[];
    }
  /** Answered by `disk-released` or `disk-failed`. */
  | {
      readonly kind: 'release-in-ledger';
      readonly recordKey: string;
      readonly ids: readonly string[];
      readonly released: Released;
    }
  /** Answered by `record-seen` or `not-read`, with the same call. */
  | { readonly kind: 'read-record'; readonly recordKey: string; readonly call: number }
  /** One write that compares the text read before. Answered by `written` with the same call. */
  | {
      readonly kind: 'write-record';
      readonly recordKey: string;
      readonly call: number;
      readonly before: string | null;
      readonly text: string;
    }
  /**
   * Linearizable reads of the marks of these words, and then of the list of policies. Answered by `judged`.
   */
  | {
      readonly kind: 'judge';
      readonly call: number;
      readonly asked: readonly { readonly recordKey: string; readonly report: Report }[];
    }
  | {
      readonly kind: 'log';
      readonly level: 'warn' | 'error';
      readonly event: Readonly<Record<string, unknown>>;
      readonly message: string;
    };
