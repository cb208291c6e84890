import { setImmediate as turn } from 'node:timers/promises';
import { readAddress } from '@watchbill/chain/address';
import { z } from 'zod';
import type { Evidence, Fact } from '../../facts/fact.ts';
import {
  type CandidateRecord,
  candidateShape,
  type Place,
  recordShape,
} from '../../snapshot/record-shapes.ts';
import { type SnapshotHead, snapshotShape } from '../../snapshot/snapshot.ts';
import { splitSnapshot } from '../../snapshot/split.ts';

/**
 * The newest snapshot as the API reads it. It was validated before it was stored, so each part is parsed only
 * on request: parsing 1,200 candidates at once would delay every request by half a second.
 */
export interface SnapshotFacts {
  readonly digest: string;
  readonly head: SnapshotHead;
  readonly count: number;
  /** All facts about one candidate; null if the snapshot does not have it. */
  readonly record: (stashKey: string) => CandidateRecord | null;
  readonly keys: () => readonly string[];
  /** Known places of candidates, by stash key. */
  readonly places: () => ReadonlyMap<string, Place>;
  /** Finds a stash by key, address of any prefix, `#12`, exact name, or `12`. */
  readonly keyOf: (who: string) => string | null;
  /** A fact for display, with source, block and age. */
  readonly evidence: (name: string, fact: Fact<unknown>, shown: (value: unknown) => string) => Evidence;
}

const headShape = snapshotShape.omit({ candidates: true, election: true });
const rawShape = z.looseObject({ candidate: z.unknown() });
const placedShape = recordShape.pick({ place: true }).loose();
const briefShape = candidateShape.pick({ slotId: true, name: true, stashKey: true }).loose();

/** Parsing so many records takes about a millisecond. */
const RECORDS_AT_ONCE = 20;

/**
 * Reads the text of a stored snapshot, with turns for other requests; the election is not parsed. Rejects if
 * the text is not the canonical text of a snapshot.
 */
export async function snapshotFacts(digest: string, text: string): Promise<SnapshotFacts> {
  const texts = splitSnapshot(text);
  const head = headShape.parse(JSON.parse(texts.head));
  const raw = new Map<string, unknown>();
  const byName = new Map<string, string>();
  const bySlot = new Map<number, string>();
  for (const [at, part] of texts.candidates.entries()) {
    if (at % RECORDS_AT_ONCE === 0) await turn();
    const one = rawShape.parse(JSON.parse(part));
    const { stashKey, name, slotId } = briefShape.parse(one.candidate);
    raw.set(stashKey, one);
    byName.set(name, stashKey);
    bySlot.set(slotId, stashKey);
  }
  const read = new Map<string, CandidateRecord>();
  const record = (stashKey: string): CandidateRecord | null => {
    const known = read.get(stashKey);
    if (known !== undefined) return known;
    const found = raw.get(stashKey);
    if (found === undefined) return null;
    const parsed = recordShape.parse(found);
    read.set(stashKey, parsed);
    return parsed;
  };
  return {
    digest,
    head,
    count: raw.size,
    record,
    keys: () => [...raw.keys()],
    places: () =>
      new Map(
        [...raw].flatMap(([stashKey, one]) => {
          const { place } = placedShape.parse(one);
          return place.known && place.value !== null ? [[stashKey, place.value] as const] : [];
        }),
      ),
    keyOf: (who) => keyOf(who, { raw, byName, bySlot }),
    evidence: (name, fact, shown) => {
      const source = head.sources[fact.from];
      return {
        fact: name,
        value: fact.known ? shown(fact.value) : fact.reason,
        source: fact.from,
        block: source?.block?.number ?? null,
        ageMs: source === undefined ? null : head.takenAtMs - (ownMoment(fact) ?? source.atMs),
      };
    },
  };
}

/** A place has a separate time of observation. */
function ownMoment(fact: Fact<unknown>): number | null {
  const { atMs } = (fact.known ? (fact.value ?? {}) : {}) as { readonly atMs?: unknown };
  return typeof atMs === 'number' ? atMs : null;
}

interface Indices {
  readonly raw: ReadonlyMap<string, unknown>;
  readonly byName: ReadonlyMap<string, string>;
  readonly bySlot: ReadonlyMap<number, string>;
}

function keyOf(who: string, { raw, byName, bySlot }: Indices): string | null {
  const key = readKey(who);
  if (key !== null) return raw.has(key) ? key : null;
  if (/^#[0-9]{1,9}$/.test(who)) return bySlot.get(Number(who.slice(1))) ?? null;
  const named = byName.get(who);
  if (named !== undefined) return named;
  return /^[0-9]{1,9}$/.test(who) ? (bySlot.get(Number(who)) ?? null) : null;
}

/** The public key of a key or an address; null for any other text. */
export function readKey(who: string): string | null {
  if (/^0x[0-9a-fA-F]{64}$/.test(who)) return who.toLowerCase();
  return readAddress(who)?.publicKey ?? null;
}
