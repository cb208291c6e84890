import type { RollbackReportView } from '../contract.ts';
import type { Log } from '../ports.ts';
import { type Report, reportId, viewOf, wasAdopted } from './report.ts';

/** One record under `doubt/`: its wanted and its stored text, and the calls under way. Changed in place. */
export interface Entry {
  readonly recordKey: string;
  /**
   * The record, or the one that is to be written; null while the store was not read, or holds no such record.
   */
  report: Report | null;
  /** The record cannot be read: it holds every key until a service that can read it releases it. */
  unreadable: boolean;
  /** The text in the store by the last linearizable read or applied write. */
  stored: string | null;
  /** `report` differs from the record in the store, and is to be written. */
  unsaved: boolean;
  /** The store is to be read again: the record may have changed, or a write has to be read back. */
  stale: boolean;
  /** The store call under way; answers of others are dropped. */
  call: symbol | null;
  /** A pause after a store call without an answer, and how many had none since one went well. */
  resting: boolean;
  failures: number;
  /** The own disk holds the word. */
  kept: boolean;
  /** The own disk keeps or releases words, or a pause goes on after a fault of it. */
  busy: boolean;
  /** Words that were sent since and that this report holds too; not on the own disk yet. */
  unkept: readonly Report[];
  /** The last look at the mark: its floor is at or above `top`. */
  floorAbove: boolean;
  /** The look at the mark that is under way, or `due`; answers of others are dropped. */
  judging: symbol | 'due' | null;
  /** A released word was sent again: it holds until the mark was looked at. */
  saidAgain: boolean;
  /**
   * The store says `released`, and this service has not seen the reason yet: it holds until the mark was
   * looked at.
   */
  claimed: Report | null;
}

/** All reports that one service knows. */
export interface Book {
  /** The id of this service. */
  readonly service: string;
  readonly log: Pick<Log, 'warn' | 'error'>;
  readonly entries: Map<string, Entry>;
}

export function emptyBook(service: string, log: Book['log']): Book {
  return { service, log, entries: new Map() };
}

/** The entry of a record; a blank one, which reads the record first, if there is none yet. */
export function entryAt({ entries }: Book, recordKey: string): Entry {
  const entry = entries.get(recordKey) ?? blankEntry(recordKey);
  entries.set(recordKey, entry);
  return entry;
}

export function blankEntry(recordKey: string): Entry {
  return {
    recordKey,
    report: null,
    unreadable: false,
    stored: null,
    unsaved: false,
    stale: true,
    call: null,
    resting: false,
    failures: 0,
    kept: false,
    busy: false,
    unkept: [],
    floorAbove: false,
    judging: null,
    saidAgain: false,
    claimed: null,
  };
}

export function change(entry: Entry, changes: Partial<Omit<Entry, 'recordKey'>>): Entry {
  return Object.assign(entry, changes);
}

/** True if the entry holds keys, except those that it freed. */
export function isHolding(entry: Entry): boolean {
  return entry.unreadable || entry.saidAgain || entry.report?.state === 'held';
}

/** True if the entry holds this key. */
export function holdsKey(entry: Entry, chain: string, key: string): boolean {
  if (!isHolding(entry)) return false;
  if (entry.unreadable || entry.saidAgain) return true;
  return !isFreed(entry, chain, key);
}

/** True if the report no longer holds this key: by an adoption or, for the key of its word, by the floor. */
export function isFreed({ report, floorAbove }: Entry, chain: string, key: string): boolean {
  if (report === null) return false;
  if (wasAdopted(report, { chain, key })) return true;
  return floorAbove && report.word.chain === chain && report.word.key === key;
}

/** True if the word was heard by this service. */
export function isOwn({ service }: Book, { report }: Entry): boolean {
  return report?.service === service;
}

interface KeyName {
  readonly chain: string;
  readonly key: string;
}

/** Why no unit of this key is granted, with the remedies; null if no report holds it. */
export function heldText({ entries }: Book, { chain, key }: KeyName): string | null {
  for (const entry of entries.values()) if (holdsKey(entry, chain, key)) return remedyOf(entry);
  return null;
}

/** As {@link heldText}, for any key that has a policy; without policies, for any key. */
export function openText({ entries }: Book, policies: readonly KeyName[]): string | null {
  for (const entry of entries.values()) {
    if (!isHolding(entry)) continue;
    if (policies.length === 0) return remedyOf(entry);
    if (policies.some(({ chain, key }) => holdsKey(entry, chain, key))) return remedyOf(entry);
  }
  return null;
}

/** Held reports first, each group in the order in which this service met them. */
export function viewsOf({ entries }: Book): readonly RollbackReportView[] {
  const views: RollbackReportView[] = [];
  for (const entry of entries.values()) {
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
