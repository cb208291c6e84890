import type { DecisionRecord } from '../../contract.ts';
import type { LateEntry } from '../entries.ts';

/** Entries and decisions that count, are durable in the entry file, and are not in the tables. */
export interface Backlog {
  add(entries: readonly LateEntry[], decisions: readonly DecisionRecord[], frame: number): void;
  entries(): readonly LateEntry[];
  decisions(): readonly DecisionRecord[];
  /** Number of the last frame that was added; 0 at first. */
  lastFrame(): number;
  /** How many rows wait for the tables. */
  size(): number;
  /** All of it is in the tables. */
  clear(): void;
}

export function createBacklog(): Backlog {
  let late: LateEntry[] = [];
  let decided: DecisionRecord[] = [];
  let last = 0;
  return {
    add(entries, decisions, frame) {
      late.push(...entries);
      decided.push(...decisions);
      last = frame;
    },
    entries: () => late,
    decisions: () => decided,
    lastFrame: () => last,
    size: () => late.length + decided.length,
    clear() {
      late = [];
      decided = [];
    },
  };
}
