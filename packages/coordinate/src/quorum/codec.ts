import { type ByteReader, malformed, readBytes } from './byte-reader.ts';
import { type ByteWriter, byteWriter } from './byte-writer.ts';
import { DIGEST_BYTES } from './digest.ts';
import { MAX_EVIDENCE_BYTES, MAX_FACTS_BYTES, MAX_MESSAGE_BYTES, SIGNATURE_BYTES } from './limits.ts';
import type { Attachment, Message, MessageRefusal, Statement } from './messages.ts';
import { readJustification, readVotes, writeJustification, writeVotes } from './proof-codec.ts';
import { type Domain, PROTOCOL_TAG } from './signing.ts';
import { belongsInRank, readStatement, writeStatement } from './statement.ts';
import { readValue, writeValue } from './value.ts';

/** The domain as a message names it. The expiry is not sent: it follows from the window. */
export type WireDomain = Omit<Domain, 'expiry'>;

export type DecodedMessage =
  | { readonly ok: true; readonly domain: WireDomain; readonly message: Message }
  | {
      readonly ok: false;
      readonly refusal: Extract<MessageRefusal, 'malformed' | 'too-large' | 'wrong-domain'>;
    };

export const NO_ATTACHMENT: Attachment = {
  value: null,
  justification: null,
  votes: [],
  bytes: new Uint8Array(),
};

const TAG = Buffer.from(PROTOCOL_TAG, 'ascii');
/** The tag without its version. */
const TAG_STEM = TAG.subarray(0, -1);

/**
 * The one encoding of a message. Throws a RangeError for a message that every listener refuses: a statement
 * in a rank without that kind, an attachment of another kind, or more than {@link MAX_MESSAGE_BYTES}.
 */
export function encodeMessage(domain: WireDomain, message: Message): Uint8Array {
  const { header, statement, attachment, signature } = message;
  if (!belongsInRank(header.rank, statement)) {
    throw new RangeError(`rank ${header.rank} allows no ${statement.kind}`);
  }
  const writer = byteWriter();
  writer.fixed(TAG, TAG.length);
  writer.fixed(domain.genesis, DIGEST_BYTES);
  writer.fixed(domain.groupId, DIGEST_BYTES);
  writer.fixed(domain.scheduleDigest, DIGEST_BYTES);
  writer.u32(header.version);
  writer.u64(header.window);
  writer.u8(header.rank);
  writer.u16(header.seat);
  writeStatement(writer, statement);
  writeAttachment(writer, statement, attachment);
  writer.fixed(signature, SIGNATURE_BYTES);
  const bytes = writer.finish();
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new RangeError(`the message has ${bytes.length} bytes; at most ${MAX_MESSAGE_BYTES} can be sent`);
  }
  return bytes;
}

/** The message of the bytes; only its form has been checked. Never throws. */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  if (bytes.length > MAX_MESSAGE_BYTES) return { ok: false, refusal: 'too-large' };
  const tag = bytes.subarray(0, TAG.length);
  if (!TAG.equals(tag)) {
    const isOtherVersion = tag.length === TAG.length && TAG_STEM.equals(tag.subarray(0, TAG_STEM.length));
    return { ok: false, refusal: isOtherVersion ? 'wrong-domain' : 'malformed' };
  }
  const read = readBytes(bytes.subarray(TAG.length), readEnvelope);
  return read === null ? { ok: false, refusal: 'malformed' } : { ok: true, ...read.value };
}

function readEnvelope(reader: ByteReader): { readonly domain: WireDomain; readonly message: Message } {
  const domain = {
    genesis: reader.fixed(DIGEST_BYTES),
    groupId: reader.fixed(DIGEST_BYTES),
    scheduleDigest: reader.fixed(DIGEST_BYTES),
  };
  const header = { version: reader.u32(), window: reader.u64(), rank: reader.u8(), seat: reader.u16() };
  const statement = readStatement(reader);
  if (!belongsInRank(header.rank, statement)) malformed();
  const attachment = readAttachment(reader, statement);
  return { domain, message: { header, statement, attachment, signature: reader.fixed(SIGNATURE_BYTES) } };
}

/** The attachment of a statement. The signed part determines its form, so that there is only one. */
function partsOf(statement: Statement): Readonly<Record<'value' | 'justification' | 'votes', boolean>> & {
  readonly maxBytes: number;
} {
  const hasValue =
    statement.kind === 'propose' ||
    statement.kind === 'certificate' ||
    (statement.kind === 'rank-change' && statement.prepared !== null);
  const maxBytes: Partial<Record<Statement['kind'], number>> = {
    refusal: MAX_FACTS_BYTES,
    evidence: MAX_EVIDENCE_BYTES,
    echo: MAX_EVIDENCE_BYTES,
  };
  return {
    value: hasValue,
    justification: statement.kind === 'propose' && statement.justification !== null,
    votes: hasValue && statement.kind !== 'propose',
    maxBytes: maxBytes[statement.kind] ?? 0,
  };
}

function writeAttachment(writer: ByteWriter, statement: Statement, attachment: Attachment): void {
  const { value, justification, votes, bytes } = attachment;
  const parts = partsOf(statement);
  const isFitting =
    (value !== null) === parts.value &&
    (justification !== null) === parts.justification &&
    (parts.votes || votes.length === 0) &&
    bytes.length <= parts.maxBytes;
  if (!isFitting) throw new RangeError(`a ${statement.kind} cannot have this attachment`);
  if (value !== null) writeValue(writer, value);
  if (justification !== null) writeJustification(writer, justification);
  if (parts.votes) writeVotes(writer, votes);
  if (parts.maxBytes > 0) writer.sized(bytes, parts.maxBytes);
}

function readAttachment(reader: ByteReader, statement: Statement): Attachment {
  const parts = partsOf(statement);
  return {
    value: parts.value ? readValue(reader) : null,
    justification: parts.justification ? readJustification(reader) : null,
    votes: parts.votes ? readVotes(reader) : [],
    bytes: parts.maxBytes > 0 ? reader.sized(parts.maxBytes) : NO_ATTACHMENT.bytes,
  };
}
