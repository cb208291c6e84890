import type { RollbackReportView } from '../contract.ts';
import type { Log } from '../ports.ts';
import { type Report, reportId, viewOf, wasAdopted } from './report.ts';

/** One record under `doubt/`: its wanted and its stored text, and the work under way. Changed in place. */
export interface Entry {
  readonly recordKey: string;
  /**
   * The record, or the one that is to be written; null while the store was not read, or holds no such record.
   */
  report: Report | null;
  /** The record cannot be read: it holds every key until a service that can read it releases it. */
  unreadable: boolean;
  /** The text in the store by the last linearizable read, or by a transaction that was applied. */
  stored: string | null;
  /** `report` differs from the record in the store, and is to be written. */
  unsaved: boolean;
  /** The record may have changed since the last read of it began, so the store is to be read again. */
  stale: boolean;
  /** Calls to the store, or pauses after one without an answer, are under way. */
  storing: boolean;
  /** The own disk holds the word. */
  kept: boolean;
  /** Words that were sent since and that this report holds too; not on the own disk yet. */
  unkept: readonly Report[];
  /** The own disk keeps or releases words, or a pause goes on after a fault of it. */
  keeping: boolean;
  /** That fault, until the disk is tried again. */
  fault: unknown;
  /** The last look at the mark: its floor is at or above `top`. */
  floorAbove: boolean;
  /** The look at the mark that is under way, or `due`; answers of others are dropped. */
  judging: symbol | 'due' | null;
  /** A released word was sent again: it holds until the mark was looked at. */
  saidAgain: boolean;
  /**
   * The store has a release, and this service has not seen the reason yet: the word holds until the mark was
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

/** The entry of a record; a blank one, which reads the record first, if there is none yet. */
export function entryAt({ entries }: Book, recordKey: string): Entry {
  const entry = entries.get(recordKey) ?? blankEntry(recordKey);
  entries.set(recordKey, entry);
  return entry;
}

export function blankEntry(recordKey: string): Entry {
  return {
    recordKey,
    ...{ report: null, unreadable: false, stored: null, unsaved: false, stale: true, storing: false },
    ...{ kept: false, unkept: [], keeping: false, fault: null },
    ...{ floorAbove: false, judging: null, saidAgain: false, claimed: null },
  };
}

export function change(entry: Entry, changes: Partial<Omit<Entry, 'recordKey'>>): void {
  Object.assign(entry, changes);
}

/** True if the entry holds keys, except those that it freed. */
export function isHolding({ unreadable, saidAgain, report }: Entry): boolean {
  return unreadable || saidAgain || report?.released === null;
}

/** True if the entry holds this key. */
export function holdsKey(entry: Entry, chain: string, key: string): boolean {
  if (entry.unreadable || entry.saidAgain) return true;
  return isHolding(entry) && !isFreed(entry, chain, key);
}

/** True if the report no longer holds this key: by an adoption or, for the key of its word, by the floor. */
export function isFreed({ report, floorAbove }: Entry, chain: string, key: string): boolean {
  if (report === null) return false;
  return wasAdopted(report, { chain, key }) || (floorAbove && report.chain === chain && report.key === key);
}

/** Why no unit of this key is granted, with the remedies; null if no report holds it. */
export function heldText({ entries }: Book, chain: string, key: string): string | null {
  for (const entry of entries.values()) if (holdsKey(entry, chain, key)) return remedyOf(entry);
  return null;
}

/** As {@link heldText}, for any key that has a policy; without policies, for any key. */
export function openText({ entries }: Book, policies: readonly Pick<Report, 'chain' | 'key'>[]) {
  for (const entry of entries.values()) {
    const isOpen = policies.length === 0 || policies.some(({ chain, key }) => holdsKey(entry, chain, key));
    if (isHolding(entry) && isOpen) return remedyOf(entry);
  }
  return null;
}

/** Held reports first, each group in the order in which this service met them. */
export function viewsOf({ entries }: Book): readonly RollbackReportView[] {
  const views = [...entries.values()].flatMap(({ report, recordKey, saidAgain }) => {
    if (report === null) return [];
    return viewOf(recordKey, saidAgain ? { ...report, released: null } : report);
  });
  return views.sort((one, other) => Number(one.state !== 'held') - Number(other.state !== 'held'));
}

function remedyOf({ recordKey, report, unreadable }: Entry): string {
  const id = reportId(recordKey);
  if (unreadable || report === null)
    return `rollback report ${id} cannot be read, so every key is held. Run the release of watchbill that wrote ${recordKey}`;
  const { node, chain, key, duty, top, why } = report;
  const of = ` of ${duty} of key ${key} on chain ${chain}`;
  const floors = top === null ? '' : ` with floors; for ${duty}, at or above ${top}`;
  return [
    `rollback report ${id}: node ${node} remembers more${of} than the store holds (${why}), so every key is held`,
    `If the store or a service was restored from a backup, stop every signer and adopt each key again (\`watchbill adopt\`)${floors}`,
    `If the node is wrong, run \`watchbill rollback-report release ${id} --reason TEXT\``,
  ].join('. ');
}
