import { canonicalJson, digestOfText, messageOf } from '@watchbill/kit';
import type { z } from 'zod';
import { type Snapshot, snapshotShape } from './snapshot.ts';

/** A problem in a document, with its path. */
export interface Problem {
  /** For example `candidates.3.prefs.value.commissionPerbill`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

export type SnapshotRead =
  | { readonly ok: true; readonly snapshot: Snapshot; readonly digest: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const MOST_PROBLEMS = 50;

/**
 * The canonical text of a snapshot. Throws a TypeError for values that could not be read back, see {@link
 * canonicalJson}.
 */
export function encodeSnapshot(snapshot: Snapshot): string {
  return canonicalJson(snapshot);
}

/** SHA-256 of the text of a snapshot, as hex. Records refer to the snapshot by it. */
export function snapshotDigest(snapshot: Snapshot): string {
  return digestOfText(encodeSnapshot(snapshot));
}

/** Reads the text of a snapshot. Refuses any text that is not canonical. Never throws. */
export function decodeSnapshot(text: string): SnapshotRead {
  const json = parse(text);
  if (!json.ok) return { ok: false, problems: [{ path: '', message: json.why }] };
  const read = snapshotShape.safeParse(json.value);
  if (!read.success) return { ok: false, problems: problemsOf(read.error) };
  const problems = [...sourceProblems(read.data), ...doubleProblems(read.data)];
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, MOST_PROBLEMS) };
  const encoded = canonicalText(read.data);
  if (!encoded.ok) return { ok: false, problems: [{ path: '', message: encoded.why }] };
  if (encoded.text !== text) {
    const message =
      'it is not the canonical text of itself: keys are unsorted, blanks were added, or a number is written oddly';
    return { ok: false, problems: [{ path: '', message }] };
  }
  return { ok: true, snapshot: frozen(read.data), digest: digestOfText(text) };
}

/** Freezes a value and its parts, so that a custom module cannot change the data of other checks. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

/** The problems that a schema found, at most 50. */
export function problemsOf(error: z.ZodError): readonly Problem[] {
  return error.issues
    .slice(0, MOST_PROBLEMS)
    .map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
}

/** {@link canonicalJson} whose failure is a value: for documents from outside, which may hold `-0`. */
export function canonicalText(
  value: unknown,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string } {
  try {
    return { ok: true, text: canonicalJson(value) };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  }
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** `JSON.parse` whose failure is a value. */
export function parse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, why: `it is not JSON: ${messageOf(error)}` };
  }
}

/** Facts from a source that is not in the table, so that their age is unknown. */
function sourceProblems(snapshot: Snapshot): readonly Problem[] {
  const problems: Problem[] = [];
  const visit = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) return;
    if ('known' in value && 'from' in value && typeof value.from === 'string') {
      if (!Object.hasOwn(snapshot.sources, value.from)) {
        problems.push({
          path,
          message: `it is from ${JSON.stringify(value.from)}, which is not among the sources`,
        });
      }
      return;
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`);
  };
  visit(snapshot, '');
  return problems;
}

function doubleProblems({ candidates, nominators }: Snapshot): readonly Problem[] {
  return [
    ...doubles(
      'candidates',
      candidates.map(({ candidate }) => candidate.stashKey),
      'stash',
    ),
    ...doubles(
      'candidates',
      candidates.map(({ candidate }) => String(candidate.slotId)),
      'slot',
    ),
    ...doubles(
      'nominators',
      nominators.map(({ stashKey }) => stashKey),
      'stash',
    ),
  ];
}

function doubles(list: string, keys: readonly string[], what: string): readonly Problem[] {
  const first = new Map<string, number>();
  return keys.flatMap((key, at) => {
    const before = first.get(key);
    if (before !== undefined)
      return [{ path: `${list}.${at}`, message: `it has the ${what} of ${list}.${before}` }];
    first.set(key, at);
    return [];
  });
}
