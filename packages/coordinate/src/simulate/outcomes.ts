import type { Outcome } from '../outcome.ts';
import type { Tally } from './tally.ts';

/** Checks that the outcomes of a member have no gap and no contradiction. */
export interface Outcomes {
  told(seat: number, outcome: Outcome): void;
  /** All windows up to this one are over, and these members had time to report them. */
  close(seats: readonly number[], window: bigint): void;
}

/** Windows in which a lease may still run. */
const REMEMBERED = 10n;

export function outcomesOf(tally: Tally, first: bigint): Outcomes {
  const lasts = new Map<number, Outcome>();
  const last = (seat: number) => lasts.get(seat)?.to ?? first - 1n;
  /** By `seat/window`, of the newest windows. */
  const results = new Map<string, string>();
  const note = (seat: number, window: bigint, outcome: Outcome) => {
    results.set(`${seat}/${window}`, nameOf(outcome));
    results.delete(`${seat}/${window - REMEMBERED}`);
    tally.count('outcomes', nameOf(outcome));
  };
  /** An agreement that a member learned of after the window replaces an outcome without one, once. */
  const late = (seat: number, outcome: Outcome) => {
    const was = results.get(`${seat}/${outcome.from}`) ?? 'nothing';
    if (was === nameOf(outcome)) return;
    const isLater = was.startsWith('failed') || was.startsWith('skipped');
    const text = `member-${seat} learned late of window ${outcome.from}, recorded as ${was}`;
    tally.look('one-outcome', outcome.from, isLater ? null : text);
    note(seat, outcome.from, outcome);
  };
  return {
    close: (seats, window) => {
      for (const seat of seats) {
        const text = `member-${seat} has no outcome after window ${last(seat)}`;
        tally.look('one-outcome', window, last(seat) >= window ? null : text);
      }
    },
    told: (seat, outcome) => {
      const before = lasts.get(seat);
      if (before !== undefined && isSame(before, outcome)) return;
      if (outcome.reason === 'missed') {
        late(seat, outcome);
        return;
      }
      const isNext = outcome.from === last(seat) + 1n && outcome.to >= outcome.from;
      const problem = `member-${seat} records ${textOf(outcome)} after ${before === undefined ? 'nothing' : textOf(before)}`;
      tally.look('one-outcome', outcome.from, isNext ? null : problem);
      for (let window = outcome.from; window <= outcome.to; window++) note(seat, window, outcome);
      lasts.set(seat, outcome);
    },
  };
}

function isSame(left: Outcome, right: Outcome): boolean {
  return left.from === right.from && left.to === right.to && nameOf(left) === nameOf(right);
}

function nameOf({ result, reason }: Outcome): string {
  return reason === null ? result : `${result} (${reason})`;
}

function textOf(outcome: Outcome): string {
  return `${nameOf(outcome)} for windows ${outcome.from} to ${outcome.to}`;
}
