import {
  assembleMark,
  type Duty,
  decodeHead,
  decodeUnit,
  encodeHead,
  encodeUnit,
  formatUnit,
  hasUnitRecords,
  type Mark,
  type Unit,
} from '../../rule/index.ts';
import type { Store, Write } from '../../store/index.ts';
import { keys, markName } from './keys.ts';
import { toBytes, toText } from './records.ts';

/** A mark with the text of its head as the store holds it: what the next transaction compares. */
export interface HeldMark {
  readonly mark: Mark;
  readonly headText: string;
}

export interface MarkRef {
  readonly chain: string;
  readonly key: string;
  readonly duty: Duty;
}

export type MarkCache = ReturnType<typeof createMarkCache>;

const MAX_LOAD_ATTEMPTS = 8;

/** Marks as last seen in the store. Stale ones are harmless: every grant compares the head's text. */
export function createMarkCache(store: Store) {
  const held = new Map<string, HeldMark>();
  const listeners = new Map<string, Set<() => void>>();
  const nameOf = (ref: MarkRef) => markName(ref.chain, ref.key, ref.duty.name);

  function put(ref: MarkRef, value: HeldMark): void {
    const name = nameOf(ref);
    const before = held.get(name);
    held.set(name, value);
    if (before?.headText !== value.headText) for (const listener of listeners.get(name) ?? []) listener();
  }

  /** Linearizable; null if the key was never adopted. Also refreshes the cache. */
  async function load(ref: MarkRef, timeoutMs: number): Promise<HeldMark | null> {
    const value = await readMark(store, ref, timeoutMs);
    if (value === null) held.delete(nameOf(ref));
    else put(ref, value);
    return value;
  }

  /** Calls the listener at each change of the mark in this cache, until the returned function is called. */
  function onChange(ref: MarkRef, listener: () => void): () => void {
    const name = nameOf(ref);
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set);
    set.add(listener);
    return () => {
      if (set.delete(listener) && set.size === 0) listeners.delete(name);
    };
  }

  const get = (ref: MarkRef): HeldMark | null => held.get(nameOf(ref)) ?? null;
  return { get, put, load, onChange };
}

/** Read a whole mark at one moment: the unit records belong to the head that was read with them. */
export async function readMark(store: Store, ref: MarkRef, timeoutMs: number): Promise<HeldMark | null> {
  const headKey = keys.mark(ref.chain, ref.key, ref.duty.name);
  let [headBytes] = await store.read([headKey], { timeoutMs });
  for (let attempt = 0; attempt < MAX_LOAD_ATTEMPTS; attempt++) {
    if (headBytes === null || headBytes === undefined) return null;
    const headText = toText(headBytes, headKey);
    const head = decodeHead(headText, ref.duty);
    if (head.recent !== null) return { mark: assembleMark(head, [], ref.duty), headText };
    const unitKeys = head.units.map((unit) => keys.unit(ref.chain, ref.key, ref.duty, unit));
    const [again, ...units] = await store.read([headKey, ...unitKeys], { timeoutMs });
    headBytes = again ?? null;
    if (headBytes === null || toText(headBytes, headKey) !== headText) continue;
    const present = units.flatMap((bytes, index) =>
      bytes === null ? [] : [decodeUnit(toText(bytes, unitKeys[index] ?? ''), ref.duty)],
    );
    return { mark: assembleMark(head, present, ref.duty), headText };
  }
  throw new Error(
    `the mark ${markName(ref.chain, ref.key, ref.duty.name)} changed ${MAX_LOAD_ATTEMPTS} times while it was read`,
  );
}

/**
 * The writes that turn one state of a mark into the next, and the head text that the next compare will want.
 * Records of units that left are deleted a few at a time: `next.leftovers` names those that stay for later.
 */
export function markWrites(
  ref: MarkRef,
  before: Mark | null,
  next: Mark,
): { writes: Write[]; headText: string } {
  const headText = encodeHead(next, ref.duty);
  const writes: Write[] = [{ key: keys.mark(ref.chain, ref.key, ref.duty.name), value: toBytes(headText) }];
  if (!hasUnitRecords(ref.duty)) return { writes, headText };
  const keyOf = (unit: Unit) => keys.unit(ref.chain, ref.key, ref.duty, unit);
  const old = new Map((before?.recent ?? []).map((entry) => [formatUnit(entry.unit), entry]));
  const gone = new Map(
    [...(before?.leftovers ?? []), ...(before?.recent ?? []).map(({ unit }) => unit)].map((unit) => [
      formatUnit(unit),
      unit,
    ]),
  );
  for (const entry of next.recent) {
    const name = formatUnit(entry.unit);
    gone.delete(name);
    if (old.get(name) !== entry) writes.push({ key: keyOf(entry.unit), value: toBytes(encodeUnit(entry)) });
  }
  for (const unit of next.leftovers) gone.delete(formatUnit(unit));
  for (const unit of gone.values()) writes.push({ key: keyOf(unit), value: null });
  return { writes, headText };
}
