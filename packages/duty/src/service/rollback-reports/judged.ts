import type { Released, Report } from './report.ts';
import type { ReportsEvent, Verdict } from './report-events.ts';
import { type Entry, isFreed } from './state.ts';
import { change, holdAgain, put, settle, type Turn } from './turn.ts';

type Judged = Extract<ReportsEvent, { readonly kind: 'judged' }>;

/**
 * The release rules (1) and (2) of protocol section 6. Rule (3), an operator, comes as a record of the store.
 * A comparison of memories between services releases no report.
 */
export function onJudged(turn: Turn, { call, verdicts, policies }: Judged): void {
  for (const entry of [...turn.state.entries.values()]) {
    if (entry.judging !== call) continue;
    const looked = change(turn, entry.recordKey, { judging: null });
    const verdict = verdicts.get(entry.recordKey);
    if (verdict === undefined || looked.report === null) continue;
    judge(turn, looked, looked.report, verdict);
    release(turn, entry.recordKey, policies);
  }
}

function judge(turn: Turn, entry: Entry, report: Report, verdict: Verdict): void {
  if (entry.claimed !== null) {
    if (verdict !== 'none') settle(turn, entry, entry.claimed, false);
    else holdAgain(turn, entry, report, 'the store holds a release, but not its reason');
    return;
  }
  if (report.state === 'released') {
    if (!entry.saidAgain) return;
    // The unit may have left the mark since.
    if (verdict !== 'none') put(turn, { ...entry, saidAgain: false });
    else holdAgain(turn, entry, report, 'the store no longer explains a word that was released');
    return;
  }
  const { word } = report;
  if (verdict === 'lineage' && word.others.length === 0) {
    const reason = 'the mark holds what the node was granted';
    settle(turn, entry, released(turn, report, 'explained', reason), true);
    return;
  }
  if (verdict === 'recovered' && word.others.length === 0) {
    const reason = 'a recovery began a new epoch after this word, with floors for every key';
    settle(turn, entry, released(turn, report, 'adopted', reason), true);
    return;
  }
  put(turn, { ...entry, floorAbove: verdict === 'floor' || verdict === 'recovered' });
}

/** Every key of every policy is freed. */
function release(turn: Turn, recordKey: string, policies: Judged['policies']): void {
  const entry = turn.state.entries.get(recordKey);
  if (entry?.report?.state !== 'held' || entry.saidAgain || entry.claimed !== null) return;
  if (policies === null || policies.length === 0) return;
  if (!policies.every(({ chain, key }) => isFreed(entry, chain, key))) return;
  const reason = `${policies.length} keys are freed, each by an adoption or by its floor`;
  settle(turn, entry, released(turn, entry.report, 'adopted', reason), true);
}

function released(turn: Turn, report: Report, how: Released['how'], reason: string): Report {
  const by = turn.state.service;
  return { ...report, state: 'released', released: { how, by, reason, atMs: turn.atMs } };
}
