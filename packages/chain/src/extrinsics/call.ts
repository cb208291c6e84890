import { isRecord, type Json } from '@watchbill/kit';
import { CodecFault, caught, unfit } from '../scale/codec-fault.ts';
import { readWhole } from '../scale/reader.ts';
import type { ChainMetadata } from './metadata.ts';
import { decodeValue } from './value-decode.ts';
import { encodeValue } from './value-encode.ts';

/** A call of a runtime, as its metadata names it. */
export interface DecodedCall {
  readonly pallet: string;
  readonly call: string;
  readonly arguments: Json;
  /** The call as a value: see {@link callValue}. */
  readonly value: Json;
  /** `Pallet.call` of this call and of every one inside it (batches, proxies), outer ones first. */
  readonly calls: readonly string[];
}

export interface CallRefused {
  readonly result: 'refused';
  /** `unfit`: the given value does not fit the call; the others are about bytes. */
  readonly code: CodecFault['code'];
  readonly detail: string;
}

export type CallReading = { readonly result: 'call'; readonly call: DecodedCall } | CallRefused;
export type CallWriting = { readonly result: 'bytes'; readonly bytes: Uint8Array } | CallRefused;

/**
 * The decoded call. Never throws: bytes that are not exactly one call of this runtime, in the shortest form,
 * are refused.
 */
export function decodeCall(metadata: ChainMetadata, bytes: Uint8Array): CallReading {
  const read = caught(() => {
    const calls: string[] = [];
    const onCall = (pallet: string, call: string) => calls.push(`${pallet}.${call}`);
    const value = readWhole(bytes, (source) => decodeValue(metadata, metadata.callType, source, onCall));
    return callOf(value, calls);
  });
  return read instanceof CodecFault ? refused(read) : { result: 'call', call: read };
}

/** The decoded form of the call itself: `{ type: pallet, value: { type: call, value: arguments } }`. */
function callOf(value: Json, calls: readonly string[]): DecodedCall {
  const inner = isRecord(value) ? value.value : undefined;
  if (!isRecord(value) || !isRecord(inner))
    throw new CodecFault('undecodable', 'the bytes are not a call of this runtime');
  return {
    pallet: String(value.type),
    call: String(inner.type),
    arguments: inner.value ?? null,
    value,
    calls,
  };
}

/**
 * The bytes of a call. Arguments are named as in the metadata, in the forms of {@link Json}; a call inside is
 * `{ type: pallet, value: { type: call, value: arguments } }`. Refused with the place that does not fit.
 */
export function encodeCall(metadata: ChainMetadata, pallet: string, call: string, args: Json): CallWriting {
  const written = caught(() => {
    if (call === '') throw unfit('call', 'must be named');
    const bytes = encodeValue(metadata, metadata.callType, callValue(pallet, call, args));
    const read = decodeCall(metadata, bytes);
    if (read.result === 'refused') throw unfit('', `is not a valid call: ${read.detail}`);
    return bytes;
  });
  return written instanceof CodecFault ? refused(written) : { result: 'bytes', bytes: written };
}

/** A call inside another one. */
export function callValue(pallet: string, call: string, args: Json): Json {
  return { type: pallet, value: args === null ? { type: call } : { type: call, value: args } };
}

function refused({ code, message }: CodecFault): CallRefused {
  return { result: 'refused', code, detail: message };
}
