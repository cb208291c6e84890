import type { OperatorKey, PublicIdentity, VerifySignature } from '../../keys/port.ts';

/** The frame type of members' reports about an execution. */
export const PROGRESS_FRAME = 'watchbill/progress/2';

/** The signed bytes begin with it, so that no other signature of the key can be used as one of these. */
const TAG = Buffer.from('watchbill/coordinate/progress/2', 'ascii');

const SIGNATURE_BYTES = 64;
const MAX_BYTES = 1_024;
const STATUS = /^[a-z][a-z0-9-]{0,31}$/;
const NUMBER = /^(0|[1-9][0-9]{0,17})$/;
const MAX_DETAIL = 200;

export interface ProgressStatement {
  readonly window: bigint;
  readonly seat: number;
  /** Counts the reports of this seat about this execution, from 1. The highest one counts. */
  readonly sequence: number;
  readonly status: string;
  readonly detail: string;
  /** The signer's height: a report that is sent again by another has an old one. */
  readonly height: bigint;
}

/** The group and the chain of the report. Both have 32 bytes. */
export interface ProgressDomain {
  readonly genesis: Uint8Array;
  readonly groupId: Uint8Array;
}

/**
 * Makes a statement. A detail that is too long is shortened. Throws a RangeError for a status that is not a
 * word.
 */
export function progressStatement(statement: ProgressStatement): ProgressStatement {
  if (!STATUS.test(statement.status))
    throw new RangeError('a status must be one word in lower case, such as `healthy`');
  const line = statement.detail.replaceAll(/\p{Cc}+/gu, ' ').toWellFormed();
  return { ...statement, detail: line.slice(0, MAX_DETAIL).toWellFormed() };
}

/** Signature, then the statement as JSON. */
export function encodeProgress(
  key: OperatorKey,
  domain: ProgressDomain,
  statement: ProgressStatement,
): Uint8Array {
  const text = textOf(statement);
  return Buffer.concat([key.sign(signedBytes(domain, text)), text]);
}

/**
 * The statement in the bytes. Null if the text is not canonical, the author is not a member, or the signature
 * is not valid. Never throws.
 */
export function decodeProgress(
  members: readonly PublicIdentity[],
  domain: ProgressDomain,
  verify: VerifySignature,
  bytes: Uint8Array,
): ProgressStatement | null {
  if (bytes.length <= SIGNATURE_BYTES || bytes.length > MAX_BYTES) return null;
  const text = Buffer.from(bytes.subarray(SIGNATURE_BYTES));
  const statement = parsed(text);
  // Each statement has only one text.
  if (statement === null || !textOf(statement).equals(text)) return null;
  const member = members[statement.seat];
  const signature = bytes.subarray(0, SIGNATURE_BYTES);
  return member !== undefined && verify(member, signedBytes(domain, text), signature) ? statement : null;
}

function textOf({ window, seat, sequence, status, detail, height }: ProgressStatement): Buffer {
  return Buffer.from(JSON.stringify([`${window}`, seat, sequence, status, detail, `${height}`]));
}

function parsed(text: Buffer): ProgressStatement | null {
  let json: unknown;
  try {
    json = JSON.parse(text.toString('utf8'));
  } catch {
    return null;
  }
  if (!Array.isArray(json) || json.length !== 6) return null;
  const [window, seat, sequence, status, detail, height] = json as unknown[];
  if (typeof window !== 'string' || !NUMBER.test(window) || window === '0') return null;
  if (typeof height !== 'string' || !NUMBER.test(height)) return null;
  if (!isCount(seat) || !isCount(sequence) || typeof status !== 'string' || typeof detail !== 'string')
    return null;
  if (!STATUS.test(status) || detail.length > MAX_DETAIL) return null;
  return { window: BigInt(window), seat, sequence, status, detail, height: BigInt(height) };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function signedBytes({ genesis, groupId }: ProgressDomain, text: Uint8Array): Uint8Array {
  return Buffer.concat([TAG, genesis, groupId, text]);
}
