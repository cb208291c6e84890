import { canonicalJson } from '@watchbill/kit';
import { z } from 'zod';
import { encodeSnapshot, type Problem, parse, problemsOf } from '../snapshot/codec.ts';
import { era, label, momentMs, publicKey, words } from '../snapshot/shapes.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { encodeProgramme, type Programme } from './programme.ts';
import type { RoundRecord } from './record.ts';

const transactionShape = z.strictObject({
  nominator: publicKey,
  /** Hash of the extrinsic. */
  hash: words,
  state: label,
  atMs: momentMs,
  detail: words,
});

const outcomeShape = z.strictObject({
  era,
  /** Targets that were elected for that era. */
  elected: z.array(publicKey),
  points: z.record(publicKey, z.int().min(0)),
});

/** The later outcome of a round. It is appended, and is not part of a replay. */
export const aftermathShape = z.strictObject({
  transactions: z.array(transactionShape).default([]),
  outcomes: z.array(outcomeShape).default([]),
});

export type Aftermath = Readonly<z.output<typeof aftermathShape>>;

/** A stored round: three texts from which anyone can compute it again, and its aftermath. */
export interface StoredRound {
  /** Canonical text of the snapshot. */
  readonly snapshot: string;
  /** Canonical text of the programme. */
  readonly programme: string;
  /** Canonical text of the {@link RoundRecord}. */
  readonly record: string;
  readonly aftermath: Aftermath;
}

export type Transaction = Aftermath['transactions'][number];
export type Outcome = Aftermath['outcomes'][number];

export type StoredRead =
  | { readonly ok: true; readonly stored: StoredRound }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const storedShape = z.strictObject({
  version: z.literal(1),
  snapshot: z.string(),
  programme: z.string(),
  record: z.string(),
  aftermath: aftermathShape,
});

/** One text for a file or a column. The three texts inside it are unchanged, to the byte. */
export function encodeStored(round: StoredRound): string {
  return [...storedPieces(round)].join('');
}

/** The same text in pieces, so that no thread is blocked by megabytes: `{"aftermath":{…},"programme":"…`. */
export function* storedPieces({ snapshot, programme, record, aftermath }: StoredRound): Generator<string> {
  yield `{"aftermath":${canonicalJson(aftermath)}`;
  for (const [name, text] of Object.entries({ programme, record, snapshot })) {
    yield `,"${name}":"`;
    for (const piece of textPieces(text)) yield JSON.stringify(piece).slice(1, -1);
    yield '"';
  }
  yield ',"version":1}';
}

const PIECE = 65_536;

/** A text in pieces that split no character. */
export function* textPieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = at + PIECE;
    const splits = end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1));
    const next = splits ? end - 1 : end;
    yield text.slice(at, next);
    at = next;
  }
}

/** Reads such a text; the replay reads its content. Never throws. */
export function decodeStored(text: string): StoredRead {
  const json = parse(text);
  if (!json.ok) return { ok: false, problems: [{ path: '', message: json.why }] };
  const read = storedShape.safeParse(json.value);
  if (!read.success) return { ok: false, problems: problemsOf(read.error) };
  const { snapshot, programme, record, aftermath } = read.data;
  return { ok: true, stored: { snapshot, programme, record, aftermath } };
}

/**
 * The round with a state of a transaction added: one entry per extrinsic and state, the first that was seen.
 */
export function noteTransaction(stored: StoredRound, transaction: Transaction): StoredRound {
  const { transactions } = stored.aftermath;
  const isKnown = transactions.some(
    ({ hash, state }) => hash === transaction.hash && state === transaction.state,
  );
  if (isKnown) return stored;
  return { ...stored, aftermath: { ...stored.aftermath, transactions: [...transactions, transaction] } };
}

/** The round with the outcome of an era added; a later reading of the same era replaces the earlier one. */
export function noteOutcome(stored: StoredRound, outcome: Outcome): StoredRound {
  const others = stored.aftermath.outcomes.filter((one) => one.era !== outcome.era);
  const outcomes = [...others, outcome].sort((a, b) => a.era - b.era);
  return { ...stored, aftermath: { ...stored.aftermath, outcomes } };
}

/** A new round, ready to be stored. */
export function storeRound(snapshot: Snapshot, programme: Programme, record: RoundRecord): StoredRound {
  return {
    snapshot: encodeSnapshot(snapshot),
    programme: encodeProgramme(programme),
    record: encodeRecord(record),
    aftermath: { transactions: [], outcomes: [] },
  };
}

/** The text of a round that is stored, compared and signed. */
export function encodeRecord(record: RoundRecord): string {
  return canonicalJson(record);
}
