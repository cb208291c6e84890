import type { OperatorKey } from '../keys/port.ts';
import { verifyLater } from '../keys/signature-thread.ts';
import { SIGNATURE_BYTES } from '../keys/verify.ts';
import { GROUP_ID_BYTES } from './group.ts';
import type { TransportGroup, TransportRefusal } from './port.ts';

/** "This identity of the transport is me, the member at this seat of this group, from then until then." */
export interface Statement {
  readonly groupId: Uint8Array;
  readonly seat: number;
  /** Bytes of the peer id of a libp2p node (a multihash). */
  readonly identity: Uint8Array;
  /** Milliseconds since 1970. */
  readonly issuedMs: number;
  readonly expiresMs: number;
}

export interface SignedStatement extends Statement {
  /** Of the operator key, 64 bytes. */
  readonly signature: Uint8Array;
}

export const MAX_IDENTITY_BYTES = 64;

/** A statement that claims to be valid for longer is refused, because it would outlive a change of keys. */
export const MAX_VALIDITY_MS = 7 * 24 * 3_600_000;

const DOMAIN = Buffer.from('watchbill/transport/statement/1\0', 'ascii');
/** The kind of the identity: the peer id of a libp2p node. */
const PEER_ID = 0;
/** Group, seat, kind of identity, its length, two times. */
const FIXED_BYTES = GROUP_ID_BYTES + 2 + 1 + 1 + 8 + 8;

export const MAX_STATEMENT_BYTES = FIXED_BYTES + MAX_IDENTITY_BYTES + SIGNATURE_BYTES;

/** Sign a statement. Throws a RangeError for values that do not fit its encoding. */
export function signStatement(key: OperatorKey, statement: Statement): SignedStatement {
  return { ...statement, signature: key.sign(Buffer.concat([DOMAIN, body(statement)])) };
}

/** On the wire: the fields in their order, numbers big endian, the signature last. */
export function encodeStatement(statement: SignedStatement): Uint8Array {
  return Uint8Array.from(Buffer.concat([body(statement), statement.signature]));
}

/** The statement in the bytes, or null. Each statement has one encoding. */
export function decodeStatement(bytes: Uint8Array): SignedStatement | null {
  const view = Buffer.from(bytes);
  const identityLength = view[GROUP_ID_BYTES + 3];
  if (identityLength === undefined || identityLength === 0 || identityLength > MAX_IDENTITY_BYTES)
    return null;
  if (view.length !== FIXED_BYTES + identityLength + SIGNATURE_BYTES) return null;
  const start = GROUP_ID_BYTES + 4;
  const end = start + identityLength;
  const issuedMs = Number(view.readBigUInt64BE(end));
  const expiresMs = Number(view.readBigUInt64BE(end + 8));
  if (view[GROUP_ID_BYTES + 2] !== PEER_ID) return null;
  if (!Number.isSafeInteger(issuedMs) || !Number.isSafeInteger(expiresMs)) return null;
  return {
    groupId: Uint8Array.from(view.subarray(0, GROUP_ID_BYTES)),
    seat: view.readUInt16BE(GROUP_ID_BYTES),
    identity: Uint8Array.from(view.subarray(start, end)),
    issuedMs,
    expiresMs,
    signature: Uint8Array.from(view.subarray(end + 16)),
  };
}

/** The fields that a statement must match. */
export interface Expected {
  readonly group: TransportGroup;
  /** The identity that the transport itself has authenticated. */
  readonly identity: Uint8Array;
  readonly nowMs: number;
  /** How far the signer's clock may differ from this one. */
  readonly clockSkewMs: number;
}

/**
 * Null if the statement is valid, otherwise the reason. Checks the signature last and in another thread,
 * because that costs most.
 */
export async function statementProblem(
  statement: SignedStatement,
  expected: Expected,
): Promise<TransportRefusal | null> {
  const { group, nowMs, clockSkewMs } = expected;
  if (Buffer.compare(statement.groupId, group.groupId) !== 0) return 'wrong-group';
  const member = group.members[statement.seat];
  if (member === undefined) return 'not-a-member';
  if (Buffer.compare(statement.identity, expected.identity) !== 0) return 'bad-signature';
  if (statement.issuedMs > nowMs + clockSkewMs || statement.expiresMs <= nowMs - clockSkewMs)
    return 'bad-signature';
  if (statement.expiresMs - statement.issuedMs > MAX_VALIDITY_MS) return 'bad-signature';
  const message = Buffer.concat([DOMAIN, body(statement)]);
  return (await verifyLater(member, message, statement.signature)) ? null : 'bad-signature';
}

function body(statement: Statement): Uint8Array {
  const { groupId, identity, seat } = statement;
  if (groupId.length !== GROUP_ID_BYTES || identity.length === 0 || identity.length > MAX_IDENTITY_BYTES) {
    throw new RangeError(
      `a statement must have a group id of ${GROUP_ID_BYTES} bytes and an identity of 1 to ${MAX_IDENTITY_BYTES} bytes`,
    );
  }
  const head = Buffer.alloc(4);
  head.writeUInt16BE(seat);
  head.writeUInt8(PEER_ID, 2);
  head.writeUInt8(identity.length, 3);
  const times = Buffer.alloc(16);
  times.writeBigUInt64BE(BigInt(statement.issuedMs));
  times.writeBigUInt64BE(BigInt(statement.expiresMs), 8);
  return Buffer.concat([groupId, head, identity, times]);
}
