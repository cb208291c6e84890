import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import type { LedgerPoint } from '../../../rule/index.ts';
import { type Store, StoreFault } from '../../../store/index.ts';
import type { CoreContext } from '../../ground/context.ts';
import { toBytes, toText } from '../../ground/records.ts';
import { type KeptWord, LedgerFault, type WordRelease } from '../../ledger/port.ts';
import { silentMeter } from '../../testing/services.ts';
import type { Book, Entry } from '../book.ts';
import { heldText } from '../book.ts';
import { act, type Following, follow, followingOf } from '../follow.ts';
import {
  type Freed,
  keyOf,
  type Released,
  type Report,
  reportId,
  reportOf,
  type SaidWord,
} from '../report.ts';
import { onCommitted, onSaid, type Verdict } from '../rules.ts';

/** Shared by the tests of rollback reports: words, and a service with plain maps as store, disk and marks. */
export const SERVICE = 'service-1';
export const CHAIN = `0x${'c1'.repeat(32)}`;
export const KEY = `0x${'ab'.repeat(32)}`;
export const OTHER = `0x${'cd'.repeat(32)}`;
export const EPOCH = 'epoch-1';

/** A word about babe: the unit that was granted, and the highest unit then; both the same slot. */
export function wordOf(slot: number, change: Partial<SaidWord> = {}): SaidWord {
  return {
    node: 'a',
    incarnation: '11'.repeat(16),
    chain: CHAIN,
    key: KEY,
    duty: 'babe',
    point: pointAt(slot),
    why: `entry ${slot} is remembered; the store is at entry 1`,
    ...change,
  };
}

export function pointAt(slot: number): LedgerPoint {
  const unit = [BigInt(slot)];
  const hash = slot.toString(16).padStart(64, '0');
  return { epoch: EPOCH, seq: BigInt(slot), hash, unit, part: 'seal', nonce: `nonce-${slot}`, top: unit };
}

/** Where the report of a word lies. */
export function placeOf(word: SaidWord, service = SERVICE): string {
  return keyOf(reportOf(service, word));
}

/** The word that most tests are about, its report, and where that lies. */
export const WORD = wordOf(5);
export const PLACE = placeOf(WORD);
export const ID = reportId(PLACE);
export const HELD = reportOf(SERVICE, WORD);
export const RELEASED = releasedBy('operator');

export function releasedBy(how: Released['how'], change: Partial<Report> = {}): Report {
  return { ...HELD, released: { how, by: 'service-2', reason: 'r', atMs: 1 }, ...change };
}

/** An adoption freed these keys. */
export function freedOf(...keys: readonly string[]): Freed[] {
  return keys.map((key) => ({ chain: CHAIN, key, adoption: 'ada' }));
}

/** A book with these entries, and the events and the lines of its log. */
export function bookOf(...entries: readonly Entry[]) {
  const { log, logs, lines } = logOf();
  const book: Book = { service: SERVICE, log, entries: new Map() };
  for (const entry of entries) book.entries.set(entry.recordKey, entry);
  return { book, logs, lines };
}

function logOf() {
  const logs: string[] = [];
  const lines: object[] = [];
  const note = (level: string) => (event: Record<string, unknown>, text: string) => {
    logs.push(String(event.event));
    lines.push({ level, ...event, text });
  };
  return { log: { warn: note('warn'), error: note('error') }, logs, lines };
}

export interface Steps {
  readonly following: Following;
  readonly book: Book;
  readonly store: Map<string, string>;
  /** Words that the own disk holds open, by id. */
  readonly disk: Map<string, string>;
  /** `id how`, in their order. */
  readonly releases: string[];
  readonly logs: string[];
  readonly lines: object[];
  /** Every call to store, disk and marks. */
  readonly calls: object[];
  readonly clock: VirtualClock;
  /** How the mark of a record accounts for its word; `none` unless set. */
  readonly verdicts: Map<string, Verdict>;
  /** Faults that are on now. */
  readonly faults: { store: boolean; disk: boolean };
  /** Every change of the book and what follows from it at once. */
  act(work: () => void): Promise<void>;
  say(word: SaidWord): Promise<void>;
  /** A transaction of an adoption or an operator wrote these records. */
  commit(texts: ReadonlyMap<string, string>): Promise<void>;
  /** Time passes. */
  pass(ms: number): Promise<void>;
  /** This service gets a hint for each of these records. */
  hint(...recordKeys: readonly string[]): Promise<void>;
  held(key?: string): boolean;
  stop(): Promise<void>;
}

/** A service whose calls are answered at once. With entries it was not started: it begins no look. */
export async function steps(
  of: { readonly store?: Map<string, string>; readonly entries?: readonly Entry[] } = {},
): Promise<Steps> {
  const clock = createVirtualClock();
  const store = of.store ?? new Map<string, string>();
  const disk = new Map<string, string>();
  const releases: string[] = [];
  const calls: object[] = [];
  const { log, logs, lines } = logOf();
  const verdicts = new Map<string, Verdict>();
  const faults = { store: false, disk: false };
  const hints: ((recordKey: string) => void)[] = [];
  const parts = {
    ...{ clock, meter: silentMeter, log },
    store: mapStore({ store, faults, calls }, (hint) => void hints.push(hint)),
    ledger: mapLedger({ disk, faults, calls, releases }),
  };
  const options = { storeTimeoutMs: 2_000 } as CoreContext['options'];
  const context = { parts: parts as unknown as CoreContext['parts'], options, stale: new Set<string>() };
  const following = followingOf(context, async (asked) => {
    calls.push({ judge: asked.map(({ recordKey, report }) => ({ recordKey, report })) });
    return {
      verdicts: new Map(asked.map((entry) => [entry, verdicts.get(entry.recordKey) ?? 'none'])),
      policies: [KEY, OTHER].map((key) => ({ chain: CHAIN, key })),
    };
  });
  const { book } = following;
  for (const entry of of.entries ?? []) {
    book.entries.set(entry.recordKey, entry);
    if (entry.stored !== null) store.set(entry.recordKey, entry.stored);
  }
  const stop = of.entries === undefined ? await follow(following) : async () => undefined;
  const acted = async (work: () => void) => {
    act(following, work);
    await clock.advance(0);
  };
  return {
    ...{ following, book, store, disk, releases, logs, lines, calls, clock, verdicts, faults, stop },
    act: acted,
    say: (word) => acted(() => void onSaid(book, word)),
    commit: (texts) => acted(() => onCommitted(book, texts)),
    pass: (ms) => clock.advance(ms),
    async hint(...recordKeys) {
      for (const recordKey of recordKeys) for (const hint of hints) hint(recordKey);
      await clock.advance(0);
    },
    held: (key = KEY) => heldText(book, CHAIN, key) !== null,
  };
}

/** A disk over a map, which refuses every call while its fault is on. */
function mapLedger({ disk, faults, calls, releases }: Pick<Steps, 'disk' | 'faults' | 'calls' | 'releases'>) {
  const called = (call: object) => {
    calls.push(call);
    if (faults.disk) throw new LedgerFault('full', 'make room');
  };
  return {
    serviceId: SERVICE,
    openWords: () => [],
    async keepWord({ id, text }: KeptWord) {
      called({ keep: id, text });
      disk.set(id, text);
    },
    async releaseWord(id: string, { how }: WordRelease) {
      called({ release: id });
      if (disk.delete(id)) releases.push(`${id} ${how}`);
    },
  };
}

/** A store over a map, which refuses every call while its fault is on. */
function mapStore(
  { store: map, faults, calls }: Pick<Steps, 'store' | 'faults' | 'calls'>,
  watched: (hint: (recordKey: string) => void) => void,
): Pick<Store, 'read' | 'list' | 'transact' | 'watch'> {
  const found = (key: string) => {
    if (faults.store) throw new StoreFault('unavailable', 'down', 'nothing');
    return map.get(key) ?? null;
  };
  return {
    async read([key = '']) {
      calls.push({ read: key });
      const text = found(key);
      return text === null ? [] : [toBytes(text)];
    },
    list: async () => ({
      records: [...map].map(([key, text]) => ({ key, value: toBytes(text) })),
      more: false,
    }),
    async transact([wanted]) {
      const { compares = [], writes = [] } = wanted ?? {};
      const text = (value: Uint8Array | null) => value && toText(value, 'read');
      for (const [at, { key, value }] of writes.entries())
        calls.push({ write: key, before: text(compares[at]?.value ?? null), text: text(value) });
      const fits = compares.every(({ key, value }) => found(key) === text(value));
      if (fits) for (const { key, value } of writes) map.set(key, toText(value ?? toBytes(''), key));
      return [fits ? { outcome: 'applied' } : { outcome: 'conflict', current: [] }];
    },
    watch(_prefix, { onChange }) {
      // Each hint has another text, as after a change.
      const hints: string[] = [];
      watched((key) => onChange({ key, value: toBytes(`${hints.push(key)}`) }));
      return { ready: Promise.resolve(), stop: () => undefined };
    },
  };
}
