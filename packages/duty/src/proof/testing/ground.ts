import {
  type ChangeLink,
  type Duty,
  dutyNamed,
  encodeEntry,
  entryHash,
  FIRST_PREV,
  formatUnit,
  type LedgerEntry,
  type Part,
} from '../../rule/index.ts';
import { nextChange } from '../../service/ground/changes.ts';
import {
  type DecisionLine,
  type MarkLine,
  markName,
  padded,
  type WordLine,
} from '../../service/ledger/lines.ts';
import { type ExportOptions, exportLedger } from '../export.ts';
import { type ProofReport, verifyExports } from '../verify.ts';

/** For the tests of this folder: histories of marks, written by hand as services would have written them. */
export const LEDGER = 'ledger-1';
export const CHAIN = `0x${'11'.repeat(32)}`;
export const KEY = `0x${'22'.repeat(32)}`;

/** One line of history of a mark. Each step makes a new one, so that two lines can begin in one point. */
export interface History {
  readonly duty: Duty;
  readonly key: string;
  readonly epoch: string;
  readonly entries: readonly LedgerEntry[];
  readonly floor: string | null;
  /** Units above the floor with their parts, ascending. */
  readonly recent: readonly { readonly unit: string; readonly entries: readonly LedgerEntry[] }[];
}

export function historyOf(duty: string, key = KEY, epoch = 'epoch-1'): History {
  const found = dutyNamed(duty);
  if (found === null) throw new RangeError(duty);
  return { duty: found, key, epoch, entries: [], floor: null, recent: [] };
}

export function order(unit: string): string {
  return padded(parsed(unit));
}

function parsed(text: string): readonly bigint[] {
  return text.split('/').map(BigInt);
}

/** The first version of the policy of a key. */
export function policyOf(key: string): ChangeLink {
  const { text, pointer } = nextChange(null, {
    by: 'ada',
    atMs: 1,
    policy: { chain: CHAIN, key },
    token: null,
  });
  return { change: JSON.parse(text), hash: pointer.versionId, newest: true };
}

let nonces = 0;

function entryAfter(history: History, over: Partial<LedgerEntry>): LedgerEntry {
  const last = history.entries.at(-1);
  return {
    kind: 'grant',
    ledger: LEDGER,
    epoch: history.epoch,
    chain: CHAIN,
    key: history.key,
    duty: history.duty.name,
    seq: (last?.seq ?? 0n) + 1n,
    prev: last === undefined ? FIRST_PREV : entryHash(last),
    unit: null,
    parts: [],
    digest: null,
    owner: null,
    term: null,
    nonce: `nonce-${nonces++}`,
    service: 'service-1',
    policyVersion: policyOf(history.key).hash,
    window: history.duty.window,
    atMs: 1_000,
    note: '',
    ...over,
  };
}

/** An adoption, in this epoch or in a new one. */
export function adopted(history: History, floor: string | null, over: Partial<LedgerEntry> = {}): History {
  const next = { ...history, epoch: over.epoch ?? history.epoch };
  const { floor: before } = history;
  const isHigher = floor !== null && (before === null || order(floor) > order(before));
  const raised = isHigher ? floor : before;
  const unit = raised === null ? null : parsed(raised);
  const entry = entryAfter(next, { kind: 'adopt', unit, ...over });
  const recent = next.recent.filter(({ unit }) => raised === null || order(unit) > order(raised));
  return { ...next, floor: raised, recent, entries: [...next.entries, entry] };
}

export interface Grant {
  readonly unit: string;
  readonly part: Part;
  readonly digest?: string | null;
  readonly node?: string;
  readonly incarnation?: string;
  readonly service?: string;
}

export function digestFor(history: History, seed: number): string | null {
  const { digestBytes } = history.duty;
  return digestBytes === 0 ? null : seed.toString(16).padStart(2, '0').slice(-2).repeat(digestBytes);
}

/** A grant, with the window replayed as the grant rule does it. */
export function granted(history: History, grant: Grant, over: Partial<LedgerEntry> = {}): History {
  const { unit, part, node = 'alpha', incarnation = 'start-1', service = 'service-1' } = grant;
  const digest = part === 'enter' ? null : grant.digest === undefined ? digestFor(history, 1) : grant.digest;
  const owner = { node, incarnation };
  const entry = entryAfter(history, { unit: parsed(unit), parts: [part], digest, owner, service, ...over });
  const others = history.recent.filter((known) => known.unit !== unit);
  const same = history.recent.find((known) => known.unit === unit)?.entries ?? [];
  const all = [...others, { unit, entries: [...same, entry] }];
  all.sort((a, b) => (order(a.unit) < order(b.unit) ? -1 : 1));
  const leaving = all.splice(0, Math.max(0, all.length - history.duty.window));
  const left = leaving.at(-1)?.unit ?? null;
  const floor = left === null ? history.floor : left;
  return { ...history, floor, recent: all, entries: [...history.entries, entry] };
}

/** The mark that the store shows at the end of a history. */
export function markOf(history: History): Omit<MarkLine, 'kind'> {
  const last = history.entries.at(-1);
  if (last === undefined) throw new RangeError('an empty history has no mark');
  return {
    chain: CHAIN,
    key: history.key,
    duty: history.duty.name,
    head: { epoch: last.epoch, seq: last.seq.toString(), hash: entryHash(last) },
    floor: history.floor,
    recent: history.recent.map(({ unit, entries }) => ({
      unit,
      node: entries.at(-1)?.owner?.node ?? '',
      incarnation: entries.at(-1)?.owner?.incarnation ?? '',
      parts: entries
        .filter(({ parts }) => !parts.includes('enter'))
        .map(({ parts, digest }) => ({
          part: parts[0] ?? 'seal',
          digest: digest === null ? null : `0x${digest}`,
        })),
    })),
  };
}

/** Everything that one service exports. */
export interface Exported {
  readonly service?: string;
  readonly ledger?: string;
  readonly atMs?: number;
  readonly entries: readonly LedgerEntry[];
  /** Texts and hashes of entries in the place of the ones that belong to `entries`, by index. */
  readonly forged?: ReadonlyMap<number, { readonly body: string; readonly hash: string }>;
  readonly heads?: readonly LedgerEntry[];
  readonly decisions?: readonly DecisionLine[];
  readonly words?: readonly WordLine[];
  readonly marks?: readonly Omit<MarkLine, 'kind'>[] | null;
}

/** The last entry of each mark. */
export function headsOf(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return [...new Map(entries.map((entry) => [markName(entry), entry])).values()];
}

export function bodyOf(entry: LedgerEntry): { body: string; hash: string } {
  return { body: encodeEntry(entry), hash: entryHash(entry) };
}

/** The grants of entries as decisions of the service that made them. */
export function decisionsOf(entries: readonly LedgerEntry[], service = 'service-1'): readonly DecisionLine[] {
  const made = entries.filter((entry) => entry.kind === 'grant' && entry.service === service);
  return made.map((entry, index) => ({
    kind: 'decision',
    id: index + 1,
    atMs: entry.atMs,
    reason: 'new',
    chain: entry.chain,
    key: entry.key,
    duty: entry.duty,
    unit: formatUnit(entry.unit ?? []),
    parts: [...entry.parts],
    digest: entry.digest === null ? null : `0x${entry.digest}`,
    node: entry.owner?.node ?? '',
    incarnation: entry.owner?.incarnation ?? '',
    claimId: 'claim',
    seq: entry.seq.toString(),
    via: 'claims',
  }));
}

/** A store with these marks, and with the policies of their keys; null for none. */
export function storeOf(
  marks: readonly Omit<MarkLine, 'kind'>[] | null,
): NonNullable<ExportOptions['store']> | null {
  const keys = [...new Set(marks?.map(({ key }) => key))].sort();
  return marks === null ? null : async () => ({ changes: keys.map(policyOf), marks });
}

export async function exportText(exported: Exported): Promise<string> {
  const { service = 'service-1', ledger = LEDGER, entries, forged, words = [] } = exported;
  const { marks = null, decisions = decisionsOf(entries, service) } = exported;
  const heads = exported.heads ?? headsOf(entries);
  const options: ExportOptions = { atMs: exported.atMs ?? 5_000, store: storeOf(marks) };
  const source = {
    service,
    ledger,
    last: { entry: entries.length, decision: decisions.length },
    heads: () =>
      heads.map((entry) => {
        const { chain, key, duty, epoch, seq } = entry;
        return { kind: 'head' as const, chain, key, duty, epoch, seq: `${seq}`, hash: entryHash(entry) };
      }),
    entries: () =>
      entries.map((entry, index) => ({ kind: 'entry' as const, ...(forged?.get(index) ?? bodyOf(entry)) })),
    decisions: () => decisions,
    words: () => words,
  };
  let text = '';
  for await (const line of exportLedger(source, options)) text += line;
  return text;
}

/** Verify texts of exports in memory. */
export function verifyTexts(...texts: readonly string[]): Promise<ProofReport> {
  const inputs = texts.map((text, index) => ({ name: `export-${index + 1}`, bytes: [Buffer.from(text)] }));
  return verifyExports(inputs, { scratch: ':memory:' });
}

/** The kinds of findings in a report, sorted. */
export function kindsOf(report: ProofReport): readonly string[] {
  return Object.keys(report.counts).toSorted();
}
