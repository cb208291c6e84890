import { compareUnits } from '@watchbill/duty/rule';
import type { Transaction } from '@watchbill/duty/store';
import type { MemorySnapshot } from '@watchbill/duty/store/testing/memory-store';
import { unitOf } from '../operator/truth.ts';
import type { WriteEvent } from './history.ts';

/** One mark as the store holds it now. */
export interface Line {
  readonly last: string | null;
  readonly floor: string | null;
  /** Every entry since the first. */
  readonly hashes: ReadonlySet<string>;
}

/** What a policy says of who is granted something. */
export interface Terms {
  readonly roster: readonly string[];
  readonly frozen: boolean;
}

/** A moment from which a key had these terms. */
interface TermsChange extends Terms {
  readonly atMs: number;
}

export interface TruthCopy {
  readonly lines: ReadonlyMap<string, Line>;
  readonly terms: ReadonlyMap<string, Terms>;
}

/**
 * What the store holds, read off the transactions that it applied and not off what a service says. Marks are
 * named `chain/key/duty`, policies `chain/key`.
 */
export interface Truth {
  /** Notes an applied transaction and returns the marks that it wrote. */
  applied(transaction: Transaction, before: MemorySnapshot, nowMs: number): readonly WriteEvent[];
  line(mark: string): Line;
  /** The highest unit of the mark when this entry was written; undefined for an entry that never was. */
  top(hash: string): string | null | undefined;
  /** The terms of each policy that was in force at some moment since then. */
  termsSince(policy: string, sinceMs: number): readonly Terms[];
  copy(): TruthCopy;
  restore(copy: TruthCopy, nowMs: number): void;
}

const EMPTY: Line = { last: null, floor: null, hashes: new Set() };
const NO_TERMS: Terms = { roster: [], frozen: false };

export function createTruth(): Truth {
  const lines = new Map<string, Line>();
  const terms = new Map<string, TermsChange[]>();
  const tops = new Map<string, string | null>();

  function setTerms(policy: string, change: TermsChange): void {
    terms.set(policy, [...(terms.get(policy) ?? []), change]);
  }

  return {
    applied({ writes }, before, nowMs) {
      const texts = new Map(writes.map(({ key, value }) => [key, value === null ? null : textOf(value)]));
      for (const [policy, found] of termsIn(texts)) setTerms(policy, { atMs: nowMs, ...found });
      const events: WriteEvent[] = [];
      for (const [recordKey, text] of texts) {
        if (!recordKey.startsWith('mark/') || text === null) continue;
        const mark = recordKey.slice('mark/'.length);
        const line = lines.get(mark) ?? EMPTY;
        const event = writeOf(mark, text, line, before, nowMs);
        events.push(event);
        tops.set(event.hash, event.top);
        lines.set(mark, {
          last: event.hash,
          floor: event.floor,
          hashes: new Set(line.hashes).add(event.hash),
        });
      }
      return events;
    },
    line: (mark) => lines.get(mark) ?? EMPTY,
    top: (hash) => tops.get(hash),
    termsSince(policy, sinceMs) {
      const changes = terms.get(policy) ?? [];
      const first = changes.findLastIndex(({ atMs }) => atMs < sinceMs);
      return changes.slice(Math.max(0, first));
    },
    copy: () => ({
      lines: new Map(lines),
      terms: new Map([...terms].map(([policy, changes]) => [policy, changes.at(-1) ?? NO_TERMS])),
    }),
    restore(copy, nowMs) {
      lines.clear();
      for (const [mark, line] of copy.lines) lines.set(mark, line);
      for (const [policy, found] of copy.terms) setTerms(policy, { ...found, atMs: nowMs });
    },
  };
}

/** True if the mark holds the entry, or denies for ever all that was granted up to it. */
export function explainsEntry(truth: Truth, mark: string, hash: string): boolean {
  const { hashes, floor } = truth.line(mark);
  if (hashes.has(hash)) return true;
  const top = truth.top(hash);
  if (top === null) return true;
  if (top === undefined || floor === null) return false;
  const duty = mark.slice(mark.lastIndexOf('/') + 1);
  return compareUnits(unitOf(duty, top), unitOf(duty, floor)) <= 0;
}

interface HeadText {
  readonly epoch: string;
  readonly floor: string | null;
  readonly hash: string;
  readonly seq: string;
  readonly units: readonly string[] | null;
  readonly recent: readonly { readonly unit: string }[] | null;
  readonly last: {
    readonly kind: 'adopt' | 'grant';
    readonly prev: string;
    readonly unit: string | null;
    readonly parts: readonly string[];
    readonly digest: string | null;
    readonly owner: { readonly node: string; readonly incarnation: string } | null;
    readonly term: string | null;
    readonly service: string;
  };
}

function writeOf(mark: string, text: string, line: Line, before: MemorySnapshot, atMs: number): WriteEvent {
  const head = JSON.parse(text) as HeadText;
  const { last } = head;
  const units = head.units ?? head.recent?.map(({ unit }) => unit) ?? [];
  const [chain = '', key = '', duty = ''] = mark.split('/');
  const { owner, ...entry } = last;
  return {
    kind: 'write',
    atMs,
    mark,
    key,
    duty,
    act: entry.kind,
    seq: BigInt(head.seq),
    hash: head.hash,
    prev: entry.prev,
    before: line.last,
    floor: head.floor,
    top: units.at(-1) ?? head.floor,
    unit: entry.unit,
    isNewUnit: entry.unit !== null && !hadUnit(before, mark, entry.unit),
    parts: entry.parts,
    digest: entry.digest,
    node: owner?.node ?? null,
    incarnation: owner?.incarnation ?? null,
    term: entry.term,
    service: entry.service,
    epoch: head.epoch,
    store: settingsOf(before, chain, key, entry.service),
  };
}

/** The records that a grant must have compared, as they were when it applied. */
function settingsOf(
  before: MemorySnapshot,
  chain: string,
  key: string,
  service: string,
): WriteEvent['store'] {
  const read = (recordKey: string): Readonly<Record<string, unknown>> | null => {
    const record = before.records.get(recordKey);
    return record === undefined ? null : JSON.parse(textOf(record.value));
  };
  const pointer = read(`policy/${chain}/${key}/current`);
  const policy = read(`policy/${chain}/${key}/version/${String(pointer?.versionId)}`);
  const watch = read(`watch/${chain}/${key}`);
  return {
    ...(policy === null ? NO_TERMS : termsOf(policy)),
    session: read(`session/${service}`) !== null,
    holder: watch === null ? null : (watch.holder as string | null),
    term: watch === null ? '0' : (watch.term as string),
    epoch: (read('epoch')?.epoch ?? '') as string,
  };
}

function hadUnit(before: MemorySnapshot, mark: string, unit: string): boolean {
  const record = before.records.get(`mark/${mark}`);
  if (record === undefined) return false;
  const { units, recent } = JSON.parse(textOf(record.value)) as HeadText;
  return units?.includes(unit) === true || recent?.some((one) => one.unit === unit) === true;
}

function termsIn(texts: ReadonlyMap<string, string | null>): readonly (readonly [string, Terms])[] {
  const found: (readonly [string, Terms])[] = [];
  for (const [recordKey, text] of texts) {
    const [kind, chain, key, what] = recordKey.split('/');
    if (kind === 'policy' && what === 'version' && text !== null)
      found.push([`${chain}/${key}`, termsOf(JSON.parse(text))]);
  }
  return found;
}

interface PolicyText {
  readonly roster?: readonly { readonly name: string }[];
  readonly mode?: string;
}

function termsOf(record: Readonly<Record<string, unknown>>): Terms {
  const { roster, mode } = (record.policy ?? record) as PolicyText;
  return { roster: (roster ?? []).map(({ name }) => name), frozen: mode === 'frozen' };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
