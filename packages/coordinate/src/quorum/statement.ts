import { type ByteReader, malformed } from './byte-reader.ts';
import { type ByteWriter, byteWriter } from './byte-writer.ts';
import { DIGEST_BYTES, taggedDigest } from './digest.ts';
import { MAX_KNOWN_VERSIONS, MAX_NAME_BYTES } from './limits.ts';
import type { KnownVersion, MessageKind, Prepared, Statement } from './messages.ts';

const KIND_CODES: Readonly<Record<MessageKind, number>> = {
  hello: 1,
  propose: 2,
  prepare: 3,
  commit: 4,
  'rank-change': 5,
  refusal: 6,
  certificate: 7,
  evidence: 8,
  echo: 9,
};

const KINDS = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as MessageKind]));

export function kindCode(kind: MessageKind): number {
  return KIND_CODES[kind];
}

/** The signed fields of a statement, in addition to its place. */
export function statementDigest(statement: Statement): Uint8Array {
  const writer = byteWriter();
  writeStatement(writer, statement);
  return taggedDigest('watchbill/quorum/statement/1', writer.finish());
}

/** Whether a member signs one statement of this kind at most in a rank; two of them are an equivocation. */
export function hasOnePlace(kind: MessageKind): boolean {
  return kind !== 'hello' && kind !== 'evidence' && kind !== 'echo';
}

/** Whether a rank allows a statement at all. Listening members refuse all others. */
export function belongsInRank(rank: number, statement: Statement): boolean {
  switch (statement.kind) {
    case 'hello':
    case 'evidence':
    case 'echo':
      return rank === 0;
    case 'propose':
      return (statement.justification === null) === (rank === 0);
    case 'rank-change':
      return rank > 0 && (statement.prepared === null || statement.prepared.rank < rank);
    default:
      return true;
  }
}

/** The kind first, so that statements of two kinds never share an encoding. */
export function writeStatement(writer: ByteWriter, statement: Statement): void {
  writer.u8(KIND_CODES[statement.kind]);
  switch (statement.kind) {
    case 'hello':
      writeVersions(writer, statement.versions);
      writer.fixed(statement.seedInput, DIGEST_BYTES);
      writer.fixed(statement.referenceHash, DIGEST_BYTES);
      break;
    case 'propose':
      writer.fixed(statement.seedInput, DIGEST_BYTES);
      writer.fixed(statement.referenceHash, DIGEST_BYTES);
      writer.fixed(statement.digest, DIGEST_BYTES);
      writer.name(statement.action, MAX_NAME_BYTES);
      writer.flag(statement.justification !== null);
      if (statement.justification !== null) writer.fixed(statement.justification, DIGEST_BYTES);
      break;
    case 'rank-change':
      writePrepared(writer, statement.prepared);
      writer.flag(statement.heard);
      break;
    case 'refusal':
      writer.fixed(statement.digest, DIGEST_BYTES);
      writer.name(statement.code, MAX_NAME_BYTES);
      writer.fixed(statement.facts, DIGEST_BYTES);
      break;
    default:
      writer.fixed(statement.digest, DIGEST_BYTES);
  }
}

export function readStatement(reader: ByteReader): Statement {
  const kind = KINDS.get(reader.u8()) ?? malformed();
  const digest = () => reader.fixed(DIGEST_BYTES);
  switch (kind) {
    case 'hello':
      return { kind, versions: readVersions(reader), seedInput: digest(), referenceHash: digest() };
    case 'propose':
      return {
        kind,
        seedInput: digest(),
        referenceHash: digest(),
        digest: digest(),
        action: reader.name(MAX_NAME_BYTES),
        justification: reader.flag() ? digest() : null,
      };
    case 'rank-change':
      return { kind, prepared: readPrepared(reader), heard: reader.flag() };
    case 'refusal':
      return { kind, digest: digest(), code: reader.name(MAX_NAME_BYTES), facts: digest() };
    default:
      return { kind, digest: digest() };
  }
}

export function writePrepared(writer: ByteWriter, prepared: Prepared | null): void {
  writer.flag(prepared !== null);
  if (prepared === null) return;
  writer.u8(prepared.rank);
  writer.fixed(prepared.digest, DIGEST_BYTES);
}

export function readPrepared(reader: ByteReader): Prepared | null {
  return reader.flag() ? { rank: reader.u8(), digest: reader.fixed(DIGEST_BYTES) } : null;
}

function writeVersions(writer: ByteWriter, versions: readonly KnownVersion[]): void {
  if (!areVersions(versions))
    throw new RangeError(`a hello must name 1 to ${MAX_KNOWN_VERSIONS} versions in rising order`);
  writer.u8(versions.length);
  for (const { version, fromHeight, digest } of versions) {
    writer.u32(version);
    writer.u64(fromHeight);
    writer.fixed(digest, DIGEST_BYTES);
  }
}

function readVersions(reader: ByteReader): readonly KnownVersion[] {
  const count = reader.u8();
  if (count > MAX_KNOWN_VERSIONS) malformed();
  const versions = Array.from({ length: count }, () => ({
    version: reader.u32(),
    fromHeight: reader.u64(),
    digest: reader.fixed(DIGEST_BYTES),
  }));
  return areVersions(versions) ? versions : malformed();
}

function areVersions(versions: readonly KnownVersion[]): boolean {
  const isRising = versions.every(({ version }, i) => version > (versions[i - 1]?.version ?? -1));
  return versions.length >= 1 && versions.length <= MAX_KNOWN_VERSIONS && isRising;
}
