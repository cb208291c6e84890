import type { Observation } from '../../rule/index.ts';
import type { Field, ObservationRecord } from './record.ts';
import type { ReportState } from './reports.ts';
import type { HintOf } from './state.ts';

export type Records = readonly (readonly [recordKey: string, record: ObservationRecord])[];

/** Moments are of the monotonic clock, in milliseconds. */
export type ObservationEvent =
  /** An observer reported these fields to this service. */
  | {
      readonly kind: 'reported';
      readonly recordKey: string;
      readonly record: ObservationRecord;
      readonly said: readonly Field[];
      readonly nowMs: number;
    }
  /** The pause before a write is over. */
  | { readonly kind: 'waited'; readonly nowMs: number }
  /** A write ended; `failed` were not, or perhaps not, written. */
  | { readonly kind: 'written'; readonly failed: readonly string[]; readonly nowMs: number }
  /** The mirror of the store has another record under this key. */
  | { readonly kind: 'changed'; readonly recordKey: string; readonly hintOf: HintOf }
  /** A linearizable read ended. It counts only in the session in which it began: `noted` is of its effect. */
  | {
      readonly kind: 'read';
      readonly found: Records;
      readonly noted: ReportState['noted'];
      readonly hintOf: HintOf;
      readonly nowMs: number;
    }
  /** A session was opened: from now on only new reports count. */
  | { readonly kind: 'opened' }
  /** The records of the store, read after the opening. */
  | { readonly kind: 'noted'; readonly found: Records }
  /** A peer with an unbroken session heard these first; `present` are the ones of the mirror. */
  | {
      readonly kind: 'inherited';
      readonly firsts: ReadonlyMap<string, Observation>;
      readonly present: ReadonlyMap<string, Observation>;
      readonly nowMs: number;
    };

export type ObservationEffect =
  /** The session ends: an observer reports a round that the chain cannot have reached by our clock. */
  | { readonly kind: 'jumped'; readonly why: string }
  /** Answered by `waited`. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Put `given` into the mirror, and write `records` to the store; answered by `written`. */
  | { readonly kind: 'write'; readonly given: Records; readonly records: Records }
  /** Read these records, linearizably; answered by `read`. */
  | { readonly kind: 'read'; readonly recordKeys: readonly string[]; readonly noted: ReportState['noted'] };
