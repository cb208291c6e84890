import { columns, table } from '@watchbill/kit';
import type { Runtime } from '../index.ts';
import { type LiveStatus, statusRows } from '../runner/watch/status.ts';

export type WindowRow = ReturnType<ReturnType<Runtime['readStateFolder']>['windows']>[number];

export function statusText(status: LiveStatus): string {
  const problems = status.problems.map((problem) => ['problem', problem] as const);
  return columns([...statusRows(status), ...problems]);
}

export function windowsText(rows: readonly WindowRow[]): string {
  if (rows.length === 0) return 'no window has ended yet\n';
  const cells = rows.map((row) => [
    row.from === row.to ? row.from : `${row.from}-${row.to}`,
    row.reason === null ? row.result : `${row.result}: ${row.reason}`,
    row.action ?? '',
    row.leader ?? '',
    row.startBlock === null ? '' : `${row.startBlock}-${row.expiryBlock}`,
    row.faults.map(({ culprit, kind }) => `${culprit} ${kind}`).join(', '),
    row.receipts.at(-1)?.text ?? row.detail,
  ]);
  return table(['window', 'result', 'action', 'first leader', 'blocks', 'faults', 'detail'], cells);
}
