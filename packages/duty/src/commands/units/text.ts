import { counted, table } from '@watchbill/kit';
import { lines } from '@watchbill/kit/command/print';
import { shownKey } from '../../client/keys.ts';
import type { Policy, UnitView } from '../../client/views.ts';

type Outcome = UnitView['outcome'];

/** How many units have each outcome. */
export interface Summary {
  readonly total: number;
  readonly missed: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}

export function summaryOf(units: readonly UnitView[]): Summary {
  const outcomes: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of units) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const missed = units.filter((unit) => unit.missed).length;
  return { total: units.length, missed, outcomes };
}

export interface Shown {
  readonly policy: Policy;
  readonly sinceMs: number;
  readonly summary: Summary;
  readonly complete: boolean;
  readonly rows: readonly UnitView[];
  /** How many units the rows are taken from. */
  readonly left: number;
}

/** The table, the counts, and each different remedy once. */
export function unitsText({ policy, sinceMs, summary, complete, rows, left }: Shown): string {
  const { outcomes, total, missed } = summary;
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const head = `key ${shownKey(policy)} since ${new Date(sinceMs).toISOString()}: ${counted(total, 'unit')}, ${missed} missed`;
  const remedies = new Set(
    rows.flatMap(({ missed: is, remedy }) => (is && remedy !== undefined ? [remedy] : [])),
  );
  return [
    lines([counts.length === 0 ? head : `${head} (${counts.join(', ')})`]),
    rows.length === 0 ? '' : table(['at', 'duty', 'unit', 'outcome', 'why'], rows.map(rowOf)),
    lines([
      ...(left > rows.length ? [`${left - rows.length} more units are left out; --json lists all`] : []),
      ...[...remedies].map((remedy) => `next: ${remedy}`),
      ...(complete ? [] : ['a service did not answer, so the list may lack claims that it decided']),
    ]),
  ].join('');
}

function rowOf({ at, duty, unit, outcome, say }: UnitView): string[] {
  return [new Date(at).toISOString().slice(0, 19), duty, Object.values(unit).join('/'), outcome, say];
}
