import type { HeaderSeen, VoteKind, VoteSeen } from './records.ts';

// The lines that a node writes with --record-votes and --record-blocks: one JSON object a line, 64-bit
// numbers as text.

const HEX = /^0x[0-9a-f]+$/;
const KINDS: ReadonlySet<unknown> = new Set(['prevote', 'precommit', 'propose'] satisfies VoteKind[]);

/**
 * A line of `--record-votes`; null if the authority did not make the signature, so that a forged vote accuses
 * no validator. Throws on anything else.
 */
export function readVoteLine(line: string): VoteSeen | null {
  const { atMs, set, round, kind, hash, number, authority, valid } = fieldsOf(line);
  if (typeof valid !== 'boolean' || !isKind(kind)) throw unreadable(line);
  const vote: VoteSeen = {
    atMs: count(atMs, line),
    set: count(set, line),
    round: count(round, line),
    kind,
    hash: hex(hash, line),
    number: count(number, line),
    authority: hex(authority, line),
  };
  return valid ? vote : null;
}

/** A line of `--record-blocks`; null if the node knew no author, as for block 0. Throws on anything else. */
export function readBlockLine(line: string): HeaderSeen | null {
  const { atMs, slot, number, hash, author } = fieldsOf(line);
  const header = { atMs: count(atMs, line), number: count(number, line), hash: hex(hash, line) };
  if (slot === null || author === null) return null;
  return { ...header, late: false, slot: count(slot, line), authority: hex(author, line) };
}

/** Every field that is read, so that a mistyped one is seen. */
type Fields = Readonly<
  Partial<
    Record<
      'atMs' | 'set' | 'round' | 'kind' | 'hash' | 'number' | 'authority' | 'valid' | 'slot' | 'author',
      unknown
    >
  >
>;

function fieldsOf(line: string): Fields {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw unreadable(line);
  return value;
}

function isKind(value: unknown): value is VoteKind {
  return KINDS.has(value);
}

function count(value: unknown, line: string): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) throw unreadable(line);
  return number;
}

function hex(value: unknown, line: string): string {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (!HEX.test(text)) throw unreadable(line);
  return text;
}

function unreadable(line: string): Error {
  return new Error(`a recorded line cannot be read: ${line.slice(0, 200)}`);
}
