import { readAddress } from '@watchbill/chain/address';
import { type Candidate, type DeclaredPlace, type ListRules, PLACE_KEYS } from './candidate.ts';
import { type RawEntry, readEntry } from './entry.ts';
import { entryFindings } from './entry-rules.ts';
import { type Finding, LIST_RULES, type ListRule, shown } from './finding.ts';
import { type JsonNode, readJson } from './json-source.ts';
import { freeSlots, listFindings } from './list-rules.ts';

/** The candidates of a list, and all findings by line. */
export interface ListReport {
  readonly entryCount: number;
  /** Entries without an error. */
  readonly candidates: readonly Candidate[];
  readonly findings: readonly Finding[];
  /** How often each rule was broken; rules without a finding are absent. */
  readonly counts: Readonly<Partial<Record<ListRule, number>>>;
  readonly freeSlotCount: number;
}

export type ListLoad =
  | { readonly ok: true; readonly candidates: readonly Candidate[]; readonly report: ListReport }
  | { readonly ok: false; readonly reason: 'list-has-errors'; readonly report: ListReport };

/** Reads a candidate list and finds all problems in it. Never throws, for any text. */
export function lintList(text: string, rules: ListRules): ListReport {
  const read = readJson(text);
  if (!read.ok) {
    const message = `line ${read.line}, column ${read.column}: ${read.why}`;
    return reportOf([], [fileFinding('not-json', read.line, message, 'correct the JSON there')], []);
  }
  const list = listOf(read.root);
  if (list === null) {
    const finding = fileFinding(
      'no-list',
      read.root.line,
      'there is no list `candidates`',
      'write { "candidates": [ … ] }',
    );
    return reportOf([], [finding], []);
  }
  const reads = list.map((node, at) => readEntry(node, at));
  const entries = reads.map(({ entry }) => entry);
  const findings = [
    ...reads.flatMap((one) => one.findings),
    ...entries.flatMap((entry) => entryFindings(entry, rules)),
    ...listFindings(entries, rules),
  ];
  const broken = new Set(findings.filter(({ severity }) => severity === 'error').map(({ entry }) => entry));
  const good = entries.filter(({ at }) => !broken.has(at)).map(candidateOf);
  return reportOf(
    entries,
    findings,
    good.filter((candidate) => candidate !== null),
  );
}

/**
 * The candidates of a list. One error refuses the whole list, so that a partial list is never nominated from.
 * With `goodRestOnly`, entries without an error are used anyway.
 */
export function loadList(text: string, rules: ListRules, goodRestOnly = false): ListLoad {
  const report = lintList(text, rules);
  const broken = report.findings.some(({ severity }) => severity === 'error');
  const unreadable = report.findings.some(({ rule }) => rule === 'not-json' || rule === 'no-list');
  if (unreadable || (broken && !goodRestOnly)) return { ok: false, reason: 'list-has-errors', report };
  return { ok: true, candidates: report.candidates, report };
}

/** One line of text per finding, in the order of the file. */
export function findingLine({ line, severity, rule, name, message, remedy }: Finding): string {
  const whose = name === null ? '' : ` ${shown(name)}`;
  return `line ${line}: ${severity} ${rule}:${whose} ${message}; ${remedy}`;
}

function listOf(root: JsonNode): readonly JsonNode[] | null {
  if (root.kind !== 'object') return null;
  const lists = root.members.filter(({ key }) => key === 'candidates');
  const [list] = lists;
  return lists.length === 1 && list?.value.kind === 'list' ? list.value.items : null;
}

function fileFinding(rule: ListRule, line: number, message: string, remedy: string): Finding {
  return {
    rule,
    severity: LIST_RULES[rule].severity,
    line,
    entry: null,
    name: null,
    key: null,
    message,
    remedy,
  };
}

function candidateOf(entry: RawEntry): Candidate | null {
  const { slotId, name, stash, riotHandle, kyc, kusamaStash, skipSelfStake = false } = entry;
  const stashKey = readAddress(stash ?? '')?.publicKey;
  if (slotId === undefined || name === undefined || stash === undefined || stashKey === undefined)
    return null;
  if (riotHandle === undefined || kyc === undefined) return null;
  const kusamaStashKey = readAddress(kusamaStash ?? '')?.publicKey ?? null;
  const declared = declaredOf(entry);
  return {
    slotId,
    name,
    stash,
    stashKey,
    kusamaStash: kusamaStash ?? null,
    kusamaStashKey,
    // Named twice, one node would count twice against the limits of its operator.
    handles: [...new Set(riotHandle)],
    kyc,
    skipSelfStake,
    // Undeclared data is left out, so that lists without it give the same snapshots as before.
    ...(entry.networkIds === undefined ? {} : { networkIds: [...new Set(entry.networkIds)] }),
    ...(declared === null ? {} : { declared }),
    ...(entry.address === undefined ? {} : { address: entry.address.trim() }),
  };
}

function declaredOf(entry: RawEntry): DeclaredPlace | null {
  const parts = PLACE_KEYS.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key].trim()]]));
  return parts.length === 0 ? null : Object.fromEntries(parts);
}

function reportOf(
  entries: readonly RawEntry[],
  findings: readonly Finding[],
  candidates: readonly Candidate[],
): ListReport {
  const sorted = findings.toSorted(
    (a, b) => a.line - b.line || (a.rule < b.rule ? -1 : Number(a.rule > b.rule)),
  );
  const counts: Partial<Record<ListRule, number>> = {};
  for (const { rule } of sorted) counts[rule] = (counts[rule] ?? 0) + 1;
  return {
    entryCount: entries.length,
    candidates,
    findings: sorted,
    counts,
    freeSlotCount: freeSlots(entries),
  };
}
