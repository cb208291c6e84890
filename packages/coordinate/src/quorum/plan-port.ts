import type { Window } from '../window.ts';
import type { AgendaItem, QuorumGroup, QuorumSchedule, ScheduleVersion } from './group.ts';

/** One draw or cadence of a window, for people who check it. */
export interface DueAction {
  readonly item: AgendaItem;
  /** From 0 to 999,999; null if the cadence needs none. */
  readonly draw: number | null;
  readonly isDue: boolean;
}

/** Everything that a member computes about a window from public inputs, with the intermediate results. */
export interface QuorumPlan {
  readonly group: QuorumGroup;
  readonly groupId: Uint8Array;
  /** Of `version`. */
  readonly scheduleDigest: Uint8Array;
  readonly schedule: QuorumSchedule;
  readonly window: Window;
  readonly version: ScheduleVersion;
  /** Windows lie in spans of as many as there are members. */
  readonly span: bigint;
  readonly position: number;
  readonly seedInput: Uint8Array;
  readonly referenceHash: Uint8Array;
  readonly seed: Uint8Array;
  /** All seats, permuted; the same for the whole span. */
  readonly order: readonly number[];
  /** The seat that leads each rank. */
  readonly leaders: readonly number[];
  readonly due: readonly DueAction[];
  /** The actions that may be proposed, most urgent first, in addition to `noop`. */
  readonly checklist: readonly AgendaItem[];
  /** All seats in the order in which they submit. */
  readonly submitters: readonly number[];
}
