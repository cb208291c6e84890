import { type ByteReader, malformed, readBytes } from '../byte-reader.ts';
import { type ByteWriter, byteWriter } from '../byte-writer.ts';
import { DIGEST_BYTES } from '../digest.ts';
import { MAX_EVIDENCE_BYTES, MAX_FACTS_BYTES, MAX_NAME_BYTES, SIGNATURE_BYTES } from '../limits.ts';
import type { Statement } from '../messages.ts';
import { readJustification, readVotes, writeJustification, writeVotes } from '../proof-codec.ts';
import { readPrepared, readStatement, writePrepared, writeStatement } from '../statement.ts';
import { readValue, writeValue } from '../value.ts';
import type {
  AnySigned,
  Evidence,
  EvidenceCase,
  EvidenceKind,
  SharedRefusal,
  Signed,
  Unheard,
} from './evidence.ts';

const TAG = Buffer.from('watchbill/quorum/evidence/1', 'ascii');

const KIND_CODES: Readonly<Record<EvidenceKind, number>> = {
  equivocation: 1,
  impersonation: 2,
  mistake: 3,
  'forgotten-lock': 4,
  'invalid-content': 5,
  idleness: 6,
};

const KINDS = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as EvidenceKind]));

/**
 * The one encoding of evidence. Throws a RangeError if a part does not fit, or if the whole does not fit in a
 * message.
 */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  const bytes = written(evidence);
  if (bytes.length > MAX_EVIDENCE_BYTES) {
    throw new RangeError(
      `the evidence has ${bytes.length} bytes; at most ${MAX_EVIDENCE_BYTES} fit in a message`,
    );
  }
  return bytes;
}

/** Whether evidence can be encoded. If proposals hold exactly a quorum, all can. */
export function fitsMessage(evidence: Evidence): boolean {
  return written(evidence).length <= MAX_EVIDENCE_BYTES;
}

function written(evidence: Evidence): Uint8Array {
  const writer = byteWriter();
  writer.fixed(TAG, TAG.length);
  writer.u8(KIND_CODES[evidence.kind]);
  writer.fixed(evidence.groupId, DIGEST_BYTES);
  writer.u32(evidence.version);
  writer.fixed(evidence.scheduleDigest, DIGEST_BYTES);
  writer.u64(evidence.window);
  writer.u16(evidence.seat);
  writer.u8(evidence.rank);
  writeCase(writer, evidence);
  return writer.finish();
}

/** The evidence of the bytes, or null if they are none. Does not check it. Never throws. */
export function decodeEvidence(bytes: Uint8Array): Evidence | null {
  return bytes.length > MAX_EVIDENCE_BYTES ? null : (readBytes(bytes, readEvidence)?.value ?? null);
}

function readEvidence(reader: ByteReader): Evidence {
  if (!TAG.equals(reader.fixed(TAG.length))) malformed();
  const kind = KINDS.get(reader.u8()) ?? malformed();
  const origin = {
    groupId: reader.fixed(DIGEST_BYTES),
    version: reader.u32(),
    scheduleDigest: reader.fixed(DIGEST_BYTES),
    window: reader.u64(),
    seat: reader.u16(),
  };
  return { ...origin, ...readCase(reader, kind, reader.u8()) };
}

function writeCase(writer: ByteWriter, evidence: EvidenceCase): void {
  switch (evidence.kind) {
    case 'equivocation':
      writeSigned(writer, evidence.first);
      writeSigned(writer, evidence.second);
      break;
    case 'impersonation':
      writeSigned(writer, evidence.propose);
      break;
    case 'mistake':
      writeSigned(writer, evidence.propose);
      writeOptional(writer, evidence.justification, writeJustification);
      writeOptional(writer, evidence.value, writeValue);
      break;
    case 'forgotten-lock':
      writeSigned(writer, evidence.commit);
      writer.u8(evidence.laterRank);
      writeSigned(writer, evidence.rankChange);
      break;
    case 'invalid-content':
      writeSigned(writer, evidence.propose);
      writeOptional(writer, evidence.justification, writeJustification);
      writeValue(writer, evidence.value);
      writeOptional(writer, evidence.refusal, writeRefusal);
      break;
    case 'idleness':
      writeStatement(writer, evidence.hello);
      writeUnheard(writer, evidence.unheard);
  }
}

function readCase(reader: ByteReader, kind: EvidenceKind, rank: number): EvidenceCase {
  switch (kind) {
    case 'equivocation':
      return { kind, rank, first: readAny(reader), second: readAny(reader) };
    case 'impersonation':
      return { kind, rank, propose: readSigned(reader, 'propose') };
    case 'mistake':
      return {
        kind,
        rank,
        propose: readSigned(reader, 'propose'),
        justification: readOptional(reader, readJustification),
        value: readOptional(reader, readValue),
      };
    case 'forgotten-lock':
      return {
        kind,
        rank,
        commit: readSigned(reader, 'commit'),
        laterRank: reader.u8(),
        rankChange: readSigned(reader, 'rank-change'),
      };
    case 'invalid-content':
      return {
        kind,
        rank,
        propose: readSigned(reader, 'propose'),
        justification: readOptional(reader, readJustification),
        value: readValue(reader),
        refusal: readOptional(reader, readRefusal),
      };
    case 'idleness':
      return { kind, rank, hello: readOnly(reader, 'hello'), unheard: readUnheard(reader) };
  }
}

function writeSigned(writer: ByteWriter, { statement, signature }: AnySigned): void {
  writeStatement(writer, statement);
  writer.fixed(signature, SIGNATURE_BYTES);
}

function readAny(reader: ByteReader): AnySigned {
  return { statement: readStatement(reader), signature: reader.fixed(SIGNATURE_BYTES) };
}

function readSigned<Kind extends Statement['kind']>(reader: ByteReader, kind: Kind): Signed<Kind> {
  return { statement: readOnly(reader, kind), signature: reader.fixed(SIGNATURE_BYTES) };
}

function readOnly<Kind extends Statement['kind']>(reader: ByteReader, kind: Kind): Signed<Kind>['statement'] {
  const statement = readStatement(reader);
  return isOf(statement, kind) ? statement : malformed();
}

function isOf<Kind extends Statement['kind']>(
  statement: Statement,
  kind: Kind,
): statement is Extract<Statement, { readonly kind: Kind }> {
  return statement.kind === kind;
}

function writeOptional<Part>(
  writer: ByteWriter,
  part: Part | null,
  write: (writer: ByteWriter, part: Part) => void,
): void {
  writer.flag(part !== null);
  if (part !== null) write(writer, part);
}

function readOptional<Part>(reader: ByteReader, read: (reader: ByteReader) => Part): Part | null {
  return reader.flag() ? read(reader) : null;
}

function writeRefusal(writer: ByteWriter, { code, facts, votes }: SharedRefusal): void {
  writer.name(code, MAX_NAME_BYTES);
  writer.sized(facts, MAX_FACTS_BYTES);
  writeVotes(writer, votes);
}

function readRefusal(reader: ByteReader): SharedRefusal {
  return {
    code: reader.name(MAX_NAME_BYTES),
    facts: reader.sized(MAX_FACTS_BYTES),
    votes: readVotes(reader),
  };
}

function writeUnheard(writer: ByteWriter, unheard: readonly Unheard[]): void {
  writeVotes(writer, unheard);
  for (const { prepared, helloSignature } of unheard) {
    writePrepared(writer, prepared);
    writer.fixed(helloSignature, SIGNATURE_BYTES);
  }
}

function readUnheard(reader: ByteReader): readonly Unheard[] {
  const votes = readVotes(reader);
  return votes.map((vote) => ({
    ...vote,
    prepared: readPrepared(reader),
    helloSignature: reader.fixed(SIGNATURE_BYTES),
  }));
}
