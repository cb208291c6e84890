import type { RollbackReportView } from '../contract.ts';
import { reportId, viewOf } from './report.ts';
import { type Entry, holdsKey, isHolding, type ReportsState } from './state.ts';

interface KeyName {
  readonly chain: string;
  readonly key: string;
}

/** Why no unit of this key is granted, with the remedies; null if no report holds it. */
export function heldText(state: ReportsState, { chain, key }: KeyName): string | null {
  for (const entry of state.entries.values()) if (holdsKey(entry, chain, key)) return remedyOf(entry);
  return null;
}

/** As {@link heldText}, for any key that has a policy; without policies, for any key. */
export function openText(state: ReportsState, policies: readonly KeyName[]): string | null {
  for (const entry of state.entries.values()) {
    if (!isHolding(entry)) continue;
    if (policies.length === 0) return remedyOf(entry);
    if (policies.some(({ chain, key }) => holdsKey(entry, chain, key))) return remedyOf(entry);
  }
  return null;
}

/** Held reports first, each group in the order in which this service met them. */
export function viewsOf(state: ReportsState): readonly RollbackReportView[] {
  const views: RollbackReportView[] = [];
  for (const entry of state.entries.values()) {
    const { report, recordKey, saidAgain } = entry;
    if (report === null) continue;
    const view = viewOf(recordKey, report);
    views.push(saidAgain ? { ...view, state: 'held', released: null } : view);
  }
  return [
    ...views.filter((view) => view.state === 'held'),
    ...views.filter((view) => view.state === 'released'),
  ];
}

function remedyOf({ recordKey, report, unreadable }: Entry): string {
  const id = reportId(recordKey);
  if (unreadable || report === null)
    return `rollback report ${id} cannot be read, so every key is held. Run the release of watchbill that wrote ${recordKey}`;
  const { node, word, why } = report;
  const of = ` of ${word.duty} of key ${word.key} on chain ${word.chain}`;
  const top = word.top === null ? '' : ` with floors; for ${word.duty}, at or above ${word.top}`;
  return [
    `rollback report ${id}: node ${node} remembers more${of} than the store holds (${why}), so every key is held`,
    `If the store or a service was restored from a backup, stop every signer and adopt each key again (\`watchbill adopt\`)${top}`,
    `If the node is wrong, run \`watchbill rollback-report release ${id} --reason TEXT\``,
  ].join('. ');
}
