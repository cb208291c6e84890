import { compareUnits, type Unit } from '@watchbill/duty/rule';
import { unitOf } from '../operator/truth.ts';
import type { AnswerEvent, MarksEvent, SimEvent } from '../world/history.ts';
import type { Violation } from './oracle.ts';

/**
 * M: while the store does not go back, floors and numbers only rise, and each granted unit stays in its mark
 * until a floor covers it.
 */
export function fallenFloor(events: readonly SimEvent[]): Violation | null {
  let before: MarksEvent | null = null;
  let granted = new Map<string, AnswerEvent>();
  let restoredMs = 0;
  for (const event of events) {
    if ((event.kind === 'restore' && event.store) || event.kind === 'epoch') {
      restoredMs = event.atMs;
      before = null;
      granted = new Map();
    }
    if (isGrant(event) && event.arrivedMs > restoredMs)
      granted.set(`${markOf(event)} ${event.reply.unit}`, event);
    if (event.kind !== 'marks' || event.startedMs <= restoredMs) continue;
    const found = (before === null ? null : fell(before, event)) ?? freed(granted, event);
    if (found !== null) return found;
    before = event;
  }
  return null;
}

function isGrant(event: SimEvent): event is AnswerEvent {
  return event.kind === 'reply' && event.reply.outcome === 'granted' && event.via !== 'original';
}

const markOf = ({ reply }: AnswerEvent): string => `${reply.chain}/${reply.key}/${reply.duty}`;
const dutyOf = (mark: string): string => mark.slice(mark.lastIndexOf('/') + 1);

function fell(before: MarksEvent, after: MarksEvent): Violation | null {
  if (after.startedMs < before.atMs) return null;
  for (const [mark, old] of before.marks) {
    const now = after.marks.get(mark);
    const events = [before, after];
    if (now === undefined) return { promise: 'M', what: `the mark ${mark} is gone`, events };
    if (now.seq < old.seq)
      return { promise: 'M', what: `the number of ${mark} fell from ${old.seq} to ${now.seq}`, events };
    if (old.floor !== null && below(floorOf(mark, now.floor), unitOf(dutyOf(mark), old.floor)))
      return { promise: 'M', what: `the floor of ${mark} fell from ${old.floor} to ${now.floor}`, events };
  }
  return null;
}

function floorOf(mark: string, text: string | null): Unit | null {
  return text === null ? null : unitOf(dutyOf(mark), text);
}

function below(floor: Unit | null, unit: Unit): boolean {
  return floor === null || compareUnits(floor, unit) < 0;
}

function freed(granted: Map<string, AnswerEvent>, event: MarksEvent): Violation | null {
  for (const [name, grant] of granted) {
    if (grant.atMs >= event.startedMs) continue;
    const seen = event.marks.get(markOf(grant));
    if (seen === undefined || seen.units.has(grant.reply.unit)) continue;
    const unit = unitOf(grant.reply.duty, grant.reply.unit);
    if (below(floorOf(markOf(grant), seen.floor), unit))
      return {
        promise: 'M',
        what: `${grant.reply.duty} ${grant.reply.unit} was granted, and its mark has neither the unit nor a floor above it`,
        events: [grant, event],
      };
    granted.delete(name);
  }
  return null;
}
