import { digestOfText } from '@watchbill/kit';
import { decodeSnapshot, type Problem, parse, problemsOf } from '../snapshot/codec.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { planRound } from './plan.ts';
import { decodeProgramme, type Programme } from './programme.ts';
import { type Refusal, type RoundRecord, recordShape } from './record.ts';
import type { LoadedModule } from './start.ts';
import { encodeRecord, type StoredRound } from './stored.ts';

/** A stored round after reading. */
export type RoundRead =
  | {
      readonly ok: true;
      readonly snapshot: Snapshot;
      readonly programme: Programme;
      readonly record: RoundRecord;
    }
  | {
      readonly ok: false;
      readonly text: 'snapshot' | 'programme' | 'record';
      readonly problems: readonly Problem[];
    };

export type Replay =
  | { readonly result: 'same'; readonly digest: string }
  /** The first difference between the two texts, with some text around it. */
  | { readonly result: 'different'; readonly at: number; readonly stored: string; readonly computed: string }
  | { readonly result: 'refused'; readonly refusal: Refusal }
  | {
      readonly result: 'unreadable';
      readonly text: 'snapshot' | 'programme' | 'record';
      readonly problems: readonly Problem[];
    };

const AROUND = 60;

/**
 * Reads the texts of a stored round, and checks that the record belongs to that snapshot and that programme.
 */
export function readRound(stored: StoredRound): RoundRead {
  const snapshot = decodeSnapshot(stored.snapshot);
  if (!snapshot.ok) return { ok: false, text: 'snapshot', problems: snapshot.problems };
  const programme = decodeProgramme(stored.programme);
  if (!programme.ok) return { ok: false, text: 'programme', problems: programme.problems };
  const decoded = decodeRecord(stored.record);
  if (!decoded.ok) return { ok: false, text: 'record', problems: decoded.problems };
  const { record } = decoded;
  const wrong = (['snapshot', 'programme'] as const).find(
    (name) => record[name] !== { snapshot, programme }[name].digest,
  );
  if (wrong !== undefined) {
    return {
      ok: false,
      text: 'record',
      problems: [{ path: wrong, message: `the record was made from another ${wrong}` }],
    };
  }
  return { ok: true, snapshot: snapshot.snapshot, programme: programme.programme, record };
}

/** Computes a stored round again and compares byte for byte. */
export function replayRound(stored: StoredRound, modules: readonly LoadedModule[] = []): Replay {
  const read = readRound(stored);
  if (!read.ok) return { result: 'unreadable', text: read.text, problems: read.problems };
  const plan = planRound(read.snapshot, read.programme, { modules, forced: read.record.forced });
  if (!plan.ok) return { result: 'refused', refusal: plan.refusal };
  const computed = encodeRecord(plan.record);
  if (computed === stored.record) return { result: 'same', digest: digestOfText(computed) };
  const at = firstDifference(computed, stored.record);
  const around = (text: string) => text.slice(Math.max(0, at - AROUND), at + AROUND);
  return { result: 'different', at, stored: around(stored.record), computed: around(computed) };
}

export type RecordRead =
  | { readonly ok: true; readonly record: RoundRecord }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the text of a record. Never throws. */
export function decodeRecord(text: string): RecordRead {
  const json = parse(text);
  if (!json.ok) return { ok: false, problems: [{ path: '', message: json.why }] };
  const read = recordShape.safeParse(json.value);
  return read.success ? { ok: true, record: read.data } : { ok: false, problems: problemsOf(read.error) };
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}
