import type { Clock } from '@watchbill/kit';
import { lastWindow, type WindowSchedule, windowOf } from '../../window.ts';
import type { RunEvent } from '../group-events.ts';

/** The part of a member's state that every profile has; heights and windows are decimal texts. */
export interface HeadStatus {
  /** Null before the first height. */
  readonly height: string | null;
  /** How long ago the height last rose, in milliseconds. */
  readonly heightAgeMs: number | null;
  /** The first block of the next window. */
  readonly nextBlock: string | null;
  /** The window whose action runs here. */
  readonly executing: string | null;
  /** The record that could not be stored, with the reason; null while all records are stored. */
  readonly storeFailure: string | null;
}

/** Follows the chain and the records of a member. A height older than `stallMs` is a problem. */
export function headWatch(schedule: WindowSchedule, stallMs: number, time: Clock) {
  let height: bigint | null = null;
  let heightAtMs = 0;
  let executing: bigint | null = null;
  let storeFailure: string | null = null;
  const ageMs = () => (height === null ? null : Math.round(time.monotonicMs() - heightAtMs));
  return {
    watch: (event: RunEvent<unknown, unknown>): void => {
      if (event.kind === 'height' && (height === null || event.height > height))
        [height, heightAtMs] = [event.height, time.monotonicMs()];
      if (event.kind === 'store-failed') storeFailure = `${event.what}: ${event.why}`;
      if (event.kind === 'store-works') storeFailure = null;
      if (event.kind === 'stepped') executing = event.state.cursor?.execution?.window ?? null;
    },
    status: (): HeadStatus => ({
      height: height === null ? null : `${height}`,
      heightAgeMs: ageMs(),
      nextBlock: height === null ? null : `${nextWindow(schedule, height).block}`,
      executing: executing === null ? null : `${executing}`,
      storeFailure,
    }),
    problems: (): readonly string[] => {
      const age = ageMs();
      return [
        ...(age === null
          ? ['the node has not reported a height yet: check it, and chain.url of the configuration']
          : []),
        ...(age !== null && age > stallMs
          ? [`the finalised height is ${Math.round(age / 1_000)} s old: check the node, and the chain`]
          : []),
        ...(storeFailure === null ? [] : [`not stored: ${storeFailure}; check the disk of stateDir`]),
      ];
    },
  };
}

/** The first window that begins after this height. */
export function nextWindow(schedule: WindowSchedule, height: bigint) {
  return windowOf(schedule, (lastWindow(schedule, height)?.index ?? 0n) + 1n);
}
