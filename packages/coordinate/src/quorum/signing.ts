import type { OperatorKey, PublicIdentity, VerifySignature } from '../keys/port.ts';
import { byteWriter } from './byte-writer.ts';
import { DIGEST_BYTES } from './digest.ts';
import type { Header, Message, MessageKind, Statement } from './messages.ts';
import type { QuorumPlan } from './plan-port.ts';
import { kindCode, statementDigest } from './statement.ts';

export { statementDigest } from './statement.ts';

/** Begins all bytes that are signed, and all messages. Another version of the protocol has another one. */
export const PROTOCOL_TAG = 'watchbill/coordinate/1';

/** The place of statements: all parts of a plan that do not depend on what a node reads from its chain. */
export type WindowPlace = Pick<QuorumPlan, 'group' | 'groupId' | 'scheduleDigest' | 'version' | 'window'>;

/**
 * The values that every signature of a window is bound to, in addition to its header. All but the expiry have
 * 32 bytes.
 */
export interface Domain {
  readonly genesis: Uint8Array;
  readonly groupId: Uint8Array;
  /**
   * The header has only the number of the version, and two operators may have different content under one
   * number.
   */
  readonly scheduleDigest: Uint8Array;
  /** The height at which the window is over. */
  readonly expiry: bigint;
}

export function domainOf({ group, groupId, scheduleDigest, window }: WindowPlace): Domain {
  return { genesis: group.genesis, groupId, scheduleDigest, expiry: window.activeEnd };
}

/** The bytes under a signature: 174, each part at its place. Throws a RangeError if a part does not fit. */
export function signedBytes(
  domain: Domain,
  header: Header,
  kind: MessageKind,
  statementDigest: Uint8Array,
): Uint8Array {
  const writer = byteWriter();
  writer.fixed(Buffer.from(PROTOCOL_TAG, 'ascii'), PROTOCOL_TAG.length);
  writer.fixed(domain.genesis, DIGEST_BYTES);
  writer.fixed(domain.groupId, DIGEST_BYTES);
  writer.fixed(domain.scheduleDigest, DIGEST_BYTES);
  writer.u32(header.version);
  writer.u64(header.window);
  writer.u8(header.rank);
  writer.u16(header.seat);
  writer.u8(kindCode(kind));
  writer.fixed(statementDigest, DIGEST_BYTES);
  writer.u64(domain.expiry);
  return writer.finish();
}

export function signStatement(
  key: OperatorKey,
  domain: Domain,
  header: Header,
  statement: Statement,
): Uint8Array {
  return key.sign(signedBytes(domain, header, statement.kind, statementDigest(statement)));
}

/** A statement in its place, as its member signed it. */
export type SignedStatement = Pick<Message, 'header' | 'statement' | 'signature'>;

export function verifyStatement(
  verify: VerifySignature,
  identity: PublicIdentity,
  domain: Domain,
  { header, statement, signature }: SignedStatement,
): boolean {
  const bytes = signedBytes(domain, header, statement.kind, statementDigest(statement));
  return verify(identity, bytes, signature);
}
