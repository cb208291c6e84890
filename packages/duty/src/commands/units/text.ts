import type { EraPoints } from '@watchbill/chain/reading';
import { counted, table } from '@watchbill/kit';
import { lines } from '@watchbill/kit/command/print';
import { shownKey } from '../../client/keys.ts';
import type { Policy } from '../../rule/index.ts';
import type { UnitView } from '../../service/index.ts';

/** Units next to each other with one cause. */
interface Run {
  readonly newest: UnitView;
  oldest: UnitView;
  count: number;
}

/** The counts and lines to print. A month of one key has 10^6 units, so only counts and runs are kept. */
type Tally = ReturnType<ReturnType<typeof createTally>['read']>;

const MAX_ROWS = 1_000;

/** Counts pages of units, newest first, and lists the runs of those that `isShown` names. */
export function createTally(isShown: (unit: UnitView) => boolean) {
  const outcomes: Partial<Record<UnitView['outcome'], number>> = {};
  const runs: Run[] = [];
  let [total, missed, left] = [0, 0, 0];
  let last: Run | null = null;
  const add = (unit: UnitView): void => {
    total += 1;
    outcomes[unit.outcome] = (outcomes[unit.outcome] ?? 0) + 1;
    if (unit.missed) missed += 1;
    if (last !== null && causeOf(last.newest) === causeOf(unit)) {
      last.oldest = unit;
      last.count += 1;
      return;
    }
    last = { newest: unit, oldest: unit, count: 1 };
    if (!isShown(unit)) return;
    if (runs.length < MAX_ROWS) runs.push(last);
    else left += 1;
  };
  /** `left`: runs that did not fit. */
  const read = () => ({ summary: { total, missed, outcomes }, runs, left });
  return { add, read };
}

/** The sentence of a missed unit may have its milliseconds, so it is no part of the cause. */
function causeOf({ duty, outcome, missed, reason, node, say }: UnitView): string {
  return [duty, outcome, reason, node, missed ? '' : say].join(' ');
}

export interface Shown extends Tally {
  readonly policy: Policy;
  readonly sinceMs: number;
  readonly complete: boolean;
  readonly points: EraPoints | undefined;
}

/** The counts, a line for each run, and each different remedy once. */
export function unitsText({ policy, sinceMs, summary, complete, points, runs, left }: Shown): string {
  const { outcomes, total, missed } = summary;
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const head = `key ${shownKey(policy)} since ${new Date(sinceMs).toISOString()}: ${counted(total, 'unit')}, ${missed} missed`;
  const remedies = new Set(
    runs.flatMap(({ newest: { missed: is, remedy } }) => (is && remedy !== undefined ? [remedy] : [])),
  );
  return [
    lines([counts.length === 0 ? head : `${head} (${counts.join(', ')})`]),
    runs.length === 0 ? '' : table(['from', 'duty', 'unit', 'outcome', 'why'], runs.map(rowOf)),
    lines([
      ...(left > 0 ? [`${counted(left, 'more line')} left out; --json lists all`] : []),
      ...[...remedies].map((remedy) => `next: ${remedy}`),
      ...(points === undefined ? [] : pointsLines(points)),
      ...(complete ? [] : ['a service did not answer, so the list may lack claims that it decided']),
    ]),
  ].join('');
}

/** For example `grandpa  2/4 to 2/15 (12)  denied, key-frozen`. */
function rowOf({ newest, oldest, count }: Run): string[] {
  const [first, last] = [oldest, newest].map(({ unit }) => Object.values(unit).join('/'));
  const { duty, outcome, reason, say } = newest;
  const cause = reason === undefined ? outcome : `${outcome}, ${reason}`;
  const units = count === 1 ? `${last}` : `${first} to ${last} (${count})`;
  return [new Date(oldest.at).toISOString().slice(0, 19), duty, units, cause, say];
}

/** A line for each era, for example `era 1900 so far: 3200 points; median of 297 validators: 3400 (0.94)`. */
function pointsLines(points: EraPoints): string[] {
  if (!points.known) return [`era points: unknown (${points.why})`];
  return points.eras.map(({ era, own, median, validators }, at) => {
    const part = median === null ? 'unknown' : `${median} (${(own / median).toFixed(2)})`;
    return `era ${era}${at === 0 ? ' so far' : ''}: ${own} points; median of ${validators} validators: ${part}`;
  });
}
