import type { EnumVar, LookupEntry, MetadataPrimitives, Var } from '@polkadot-api/metadata-builders';
import { hexOf } from '../scale/hex.ts';
import { LARGEST_PLAIN_BITS, numberType } from '../scale/number-bytes.ts';
import { addressOfAccount } from './account.ts';
import type { ByteSource } from './byte-source.ts';
import { undecodable } from './codec-fault.ts';
import type { Json } from './json.ts';
import type { ChainMetadata } from './metadata.ts';

/** Substrate limits calls in calls to 256 frames, which is less than this many nested types. */
const MAX_DEPTH = 200;

/** Called for every call in the value, with its pallet and name: the outer one first. */
export type CallMet = (pallet: string, call: string) => void;

interface Reading {
  readonly source: ByteSource;
  readonly metadata: ChainMetadata;
  readonly onCall: CallMet;
  readonly depth: number;
}

/**
 * The value of a type. This decoder is stricter than the library: members must agree on one reading, so it
 * accepts only the shortest form of a number, and a list can never be longer than the remaining bytes. Throws
 * a CodecFault.
 */
export function decodeValue(
  metadata: ChainMetadata,
  type: number,
  source: ByteSource,
  onCall: CallMet = () => {},
): Json {
  return entryValue(metadata.lookup(type), { source, metadata, onCall, depth: 0 });
}

function entryValue(entry: LookupEntry, reading: Reading): Json {
  return varValue(entry, reading);
}

function varValue(entry: Var & { readonly id?: number }, outer: Reading): Json {
  const reading = { ...outer, depth: outer.depth + 1 };
  if (reading.depth > MAX_DEPTH) throw undecodable('the value is nested too deeply');
  const { source } = reading;
  switch (entry.type) {
    case 'void':
      return null;
    case 'primitive':
      return primitiveValue(entry.value, source);
    case 'compact':
      return compactValue(entry.size, source);
    case 'AccountId32':
      return addressOfAccount(source.take(32), reading.metadata.ss58Prefix);
    case 'AccountId20':
      return hexOf(source.take(20));
    case 'bitSequence':
      return bitsValue(entry.isLSB, source);
    case 'option':
      return optionValue(entry.value, reading);
    case 'result':
      return resultValue(entry.value, reading);
    case 'sequence':
      return sequenceValue(entry.value, reading);
    case 'array':
      return isByte(entry.value)
        ? hexOf(source.take(entry.len))
        : Array.from({ length: entry.len }, () => entryValue(entry.value, reading));
    case 'tuple':
      return entry.value.map((each) => entryValue(each, reading));
    case 'struct':
      return Object.fromEntries(
        Object.entries(entry.value).map(([name, each]) => [name, entryValue(each, reading)]),
      );
    case 'enum':
      return variantValue(entry, reading);
  }
}

function isByte(entry: LookupEntry): boolean {
  return entry.type === 'primitive' && entry.value === 'u8';
}

function primitiveValue(name: MetadataPrimitives, source: ByteSource): Json {
  if (name === 'bool') return flag(source, 'a bool');
  if (name === 'str') return textValue(source);
  const number = numberType(name);
  if (number === null) throw undecodable(`the type ${name} is not read`);
  const { bits, signed } = number;
  const unsigned = source.unsigned(bits / 8);
  return numberJson(signed ? BigInt.asIntN(bits, unsigned) : unsigned, bits);
}

function numberJson(value: bigint, bits: number): Json {
  return bits > LARGEST_PLAIN_BITS ? value.toString() : Number(value);
}

function flag(source: ByteSource, what: string): boolean {
  const byte = source.byte();
  if (byte > 1) throw undecodable(`${what} is neither 0 nor 1`);
  return byte === 1;
}

function compactValue(size: string, source: ByteSource): Json {
  const bits = numberType(size)?.bits ?? 0;
  const value = source.compact();
  if (value >= 1n << BigInt(bits)) throw undecodable(`a compact number does not fit ${size}`);
  return numberJson(value, bits);
}

/** How many items follow. Every item has a byte at least, so a false length allocates no memory. */
function lengthOf(source: ByteSource): number {
  const length = source.compact();
  if (length > BigInt(source.left())) throw undecodable('a list is longer than the bytes that are left');
  return Number(length);
}

function textValue(source: ByteSource): string {
  const bytes = source.take(lengthOf(source));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw undecodable('a text is not UTF-8');
  }
}

/** As text of 0 and 1, the first bit first. Bits beyond the length have to be 0. */
function bitsValue(isLeastFirst: boolean, source: ByteSource): Json {
  const length = source.compact();
  if (length > 8n * BigInt(source.left()))
    throw undecodable('a bit list is longer than the bytes that are left');
  const bytes = source.take(Math.ceil(Number(length) / 8));
  const bits = Array.from(bytes, (byte) => {
    const text = byte.toString(2).padStart(8, '0');
    return isLeastFirst ? [...text].reverse().join('') : text;
  }).join('');
  if (bits.slice(Number(length)).includes('1')) throw undecodable('a bit list has bits beyond its end');
  return bits.slice(0, Number(length));
}

/** An option in an option is `{ some: … }`, since null could be either of them. */
function optionValue(inner: LookupEntry, reading: Reading): Json {
  if (!flag(reading.source, 'an option')) return null;
  const value = entryValue(inner, reading);
  return inner.type === 'option' ? { some: value } : value;
}

function resultValue(
  { ok, ko }: { readonly ok: LookupEntry; readonly ko: LookupEntry },
  reading: Reading,
): Json {
  const failed = flag(reading.source, 'a result');
  return { success: !failed, value: entryValue(failed ? ko : ok, reading) };
}

function sequenceValue(inner: LookupEntry, reading: Reading): Json {
  const length = lengthOf(reading.source);
  if (isByte(inner)) return hexOf(reading.source.take(length));
  return Array.from({ length }, () => entryValue(inner, reading));
}

/** `{ type, value }`, without `value` if that would be null. */
function variantValue(entry: EnumVar & { readonly id?: number }, reading: Reading): Json {
  const begin = reading.source.at();
  const index = reading.source.byte();
  const found = Object.entries(entry.value).find(([, each]) => each.idx === index);
  if (found === undefined) throw undecodable(`there is no variant ${index}`);
  const [name, variant] = found;
  if (variant.type === 'lookupEntry') noteCall(entry.id, name, variant.value, reading);
  const value =
    variant.type === 'lookupEntry' ? entryValue(variant.value, reading) : varValue(variant, reading);
  // An error of a pallet has a fixed length, whatever its variant.
  if (entry.byteLength !== undefined) reading.source.take(entry.byteLength - (reading.source.at() - begin));
  return value === null ? { type: name } : { type: name, value };
}

/** A call is recorded before it is read, so that a call that cannot be read is recorded too. */
function noteCall(
  id: number | undefined,
  pallet: string,
  calls: LookupEntry,
  { source, metadata, onCall }: Reading,
): void {
  if (id !== metadata.callType || calls.type !== 'enum') return;
  const index = source.peek();
  const name = Object.entries(calls.value).find(([, each]) => each.idx === index)?.[0];
  onCall(pallet, name ?? `#${index}`);
}
