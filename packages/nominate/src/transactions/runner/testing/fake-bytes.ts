import { createHash } from 'node:crypto';
import type { NominationCall } from '../../intent.ts';
import type { PayloadReading } from '../../payload-reading.ts';

/**
 * Bytes of the fake chain: JSON as hex. The version of the runtime is in a call, so that an upgrade changes
 * its bytes.
 */
export function callBytes(call: NominationCall | null, version: number): string {
  return hexOf({ call, version });
}

export function readCallBytes(bytes: string, version: number): NominationCall | null {
  const read = parsed(bytes) as { call?: NominationCall; version?: number } | null;
  return read?.version === version ? (read.call ?? null) : null;
}

export function payloadBytes(payload: PayloadReading): string {
  return hexOf({ ...payload, tip: String(payload.tip) });
}

export function readPayloadBytes(bytes: string): PayloadReading | null {
  const read = parsed(bytes) as (Omit<PayloadReading, 'tip'> & { tip: string }) | null;
  return read === null ? null : { ...read, tip: BigInt(read.tip) };
}

export interface SignedBytes {
  readonly account: string;
  readonly payload: string;
  readonly signature: string;
}

export function signedBytes(signed: SignedBytes): string {
  return hexOf(signed);
}

export function readSigned(bytes: string): SignedBytes | null {
  return parsed(bytes) as SignedBytes | null;
}

export function fakeHash(bytes: string): string {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The signature of the fake signer, which the fake chain accepts. */
export function fakeSignature(account: string, message: string): string {
  return `0x${createHash('sha512').update(`${account} ${message}`).digest('hex')}`;
}

function hexOf(value: unknown): string {
  return `0x${Buffer.from(JSON.stringify(value), 'utf8').toString('hex')}`;
}

function parsed(bytes: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.slice(2), 'hex').toString('utf8'));
  } catch {
    return null;
  }
}
