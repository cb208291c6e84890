import type { EnumVar, LookupEntry, Var } from '@polkadot-api/metadata-builders';
import { undecodable } from '../scale/codec-fault.ts';
import { hexOf } from '../scale/hex.ts';
import { LARGEST_PLAIN_BITS, numberType } from '../scale/number-bytes.ts';
import type { ScaleReader } from '../scale/reader.ts';
import { addressOfAccount } from './account.ts';
import type { Decoded, Json } from './json.ts';
import type { ChainMetadata } from './metadata.ts';

/** Substrate limits calls in calls to 256 frames, which is less than this many nested types. */
const MAX_DEPTH = 200;

/** Called for every call in the value, with its pallet and name: the outer one first. */
export type CallMet = (pallet: string, call: string) => void;

/** The parts of a value whose form its reader chooses. */
export interface DecodedForm<Large> {
  readonly account: (bytes: Uint8Array) => string;
  /** A number above 32 bits. */
  readonly large: (value: bigint) => Large;
  /** A variant without content has no member `value`; else it is null. */
  readonly omitsNull: boolean;
}

/** Decodes the value of a type. Throws a CodecFault. */
export type Decode<Large> = (type: number, source: ScaleReader, onCall?: CallMet) => Decoded<Large>;

interface Reading {
  readonly source: ScaleReader;
  readonly onCall: CallMet;
  depth: number;
}

type Read<Large> = (reading: Reading) => Decoded<Large>;
type OfEntry<Large> = (entry: Var & { readonly id?: number }) => Read<Large>;

/**
 * Decoders of the types of one runtime, each made once, because looking a type up for each of ten thousand
 * values is slow. They are stricter than the library: members must agree on one reading, so they accept only
 * the shortest form of a number, and a list can never be longer than the remaining bytes.
 */
export function valueDecoder<Large>(metadata: ChainMetadata, form: DecodedForm<Large>): Decode<Large> {
  const made = new Map<number, Read<Large>>();

  function ofEntry(entry: Var & { readonly id?: number }): Read<Large> {
    const known = entry.id === undefined ? undefined : made.get(entry.id);
    if (known !== undefined) return known;
    // Types may contain themselves: the entry stands before it is complete.
    const later: { read: Read<Large> } = { read: unread };
    const nested: Read<Large> = (reading) => {
      if (reading.depth >= MAX_DEPTH) throw undecodable('the value is nested too deeply');
      reading.depth += 1;
      const value = later.read(reading);
      reading.depth -= 1;
      return value;
    };
    if (entry.id !== undefined) made.set(entry.id, nested);
    const isCall = entry.id === metadata.callType;
    later.read =
      entry.type === 'enum' ? variants(entry, isCall, form, ofEntry) : readerOf(entry, form, ofEntry);
    return nested;
  }

  return (type, source, onCall = () => {}) => ofEntry(metadata.lookup(type))({ source, onCall, depth: 0 });
}

/** `make` once for each runtime. */
export function oncePerRuntime<Value>(
  make: (metadata: ChainMetadata) => Value,
): (metadata: ChainMetadata) => Value {
  const kept = new WeakMap<ChainMetadata, Value>();
  return (metadata) => {
    const value = kept.get(metadata) ?? make(metadata);
    kept.set(metadata, value);
    return value;
  };
}

const jsonDecoder = oncePerRuntime((metadata) =>
  valueDecoder<string>(metadata, {
    account: (bytes) => addressOfAccount(bytes, metadata.ss58Prefix),
    large: String,
    omitsNull: true,
  }),
);

/** The value of a type, as JSON. Throws a CodecFault. */
export function decodeValue(
  metadata: ChainMetadata,
  type: number,
  source: ScaleReader,
  onCall?: CallMet,
): Json {
  return jsonDecoder(metadata)(type, source, onCall);
}

function unread(): never {
  throw undecodable('its type is not read');
}

function readerOf<Large>(
  entry: Exclude<Var, EnumVar>,
  form: DecodedForm<Large>,
  ofEntry: OfEntry<Large>,
): Read<Large> {
  switch (entry.type) {
    case 'void':
      return () => null;
    case 'primitive':
      return primitive(entry.value, form);
    case 'compact':
      return compact(entry.size, form);
    case 'AccountId32':
      return ({ source }) => form.account(source.fixed(32));
    case 'AccountId20':
      return ({ source }) => hexOf(source.fixed(20));
    case 'bitSequence':
      return ({ source }) => bitsValue(entry.isLSB, source);
    case 'option': {
      const [read, isNested] = [ofEntry(entry.value), entry.value.type === 'option'];
      // An option in an option is `{ some: … }`, since null could be either of them.
      const some: Read<Large> = isNested ? (reading) => ({ some: read(reading) }) : read;
      return (reading) => (flag(reading.source, 'an option') ? some(reading) : null);
    }
    case 'result': {
      const [ok, ko] = [ofEntry(entry.value.ok), ofEntry(entry.value.ko)];
      return (reading) => {
        const failed = flag(reading.source, 'a result');
        return { success: !failed, value: failed ? ko(reading) : ok(reading) };
      };
    }
    case 'sequence':
      return items(entry.value, (source) => source.length(), ofEntry);
    case 'array':
      return items(entry.value, () => entry.len, ofEntry);
    case 'tuple': {
      const parts = entry.value.map(ofEntry);
      return (reading) => parts.map((read) => read(reading));
    }
    case 'struct': {
      const members = Object.entries(entry.value).map(([name, each]) => [name, ofEntry(each)] as const);
      return (reading) => Object.fromEntries(members.map(([name, read]) => [name, read(reading)]));
    }
  }
}

function items<Large>(
  inner: LookupEntry,
  lengthOf: (source: ScaleReader) => number,
  ofEntry: OfEntry<Large>,
): Read<Large> {
  if (inner.type === 'primitive' && inner.value === 'u8')
    return ({ source }) => hexOf(source.fixed(lengthOf(source)));
  const read = ofEntry(inner);
  return (reading) => Array.from({ length: lengthOf(reading.source) }, () => read(reading));
}

function primitive<Large>(name: string, { large }: DecodedForm<Large>): Read<Large> {
  if (name === 'bool') return ({ source }) => flag(source, 'a bool');
  if (name === 'str') return ({ source }) => textValue(source.bytes());
  const number = numberType(name);
  // The type may be in a variant that never occurs, so the decoder fails only when it meets the type.
  if (number === null) return unread;
  const { bits, signed } = number;
  return ({ source }) => {
    const unsigned = source.unsigned(bits / 8);
    const value = signed ? BigInt.asIntN(bits, unsigned) : unsigned;
    return bits > LARGEST_PLAIN_BITS ? large(value) : Number(value);
  };
}

function compact<Large>(size: string, { large }: DecodedForm<Large>): Read<Large> {
  const bits = numberType(size)?.bits ?? 0;
  return ({ source }) => {
    const value = source.compact();
    if (value >= 1n << BigInt(bits)) throw undecodable(`a compact number does not fit ${size}`);
    return bits > LARGEST_PLAIN_BITS ? large(value) : Number(value);
  };
}

function flag(source: ScaleReader, what: string): boolean {
  const byte = source.u8();
  if (byte > 1) throw undecodable(`${what} is neither 0 nor 1`);
  return byte === 1;
}

function textValue(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw undecodable('a text is not UTF-8');
  }
}

/** As text of 0 and 1, the first bit first. Bits beyond the length have to be 0. */
function bitsValue(isLeastFirst: boolean, source: ScaleReader): string {
  const length = source.compact();
  if (length > 8n * BigInt(source.left()))
    throw undecodable('a bit list is longer than the bytes that are left');
  const bytes = source.fixed(Math.ceil(Number(length) / 8));
  const bits = Array.from(bytes, (byte) => {
    const text = byte.toString(2).padStart(8, '0');
    return isLeastFirst ? [...text].reverse().join('') : text;
  }).join('');
  if (bits.slice(Number(length)).includes('1')) throw undecodable('a bit list has bits beyond its end');
  return bits.slice(0, Number(length));
}

/** A call is recorded before it is read, so that a call that cannot be read is recorded too. */
function variants<Large>(
  entry: EnumVar,
  isCall: boolean,
  form: DecodedForm<Large>,
  ofEntry: OfEntry<Large>,
): Read<Large> {
  const byIndex = new Map(
    Object.entries(entry.value).map(([type, variant]) => {
      const inner: Var = variant.type === 'lookupEntry' ? variant.value : variant;
      return [variant.idx, { type, inner, read: ofEntry(inner) }];
    }),
  );
  return (reading) => {
    const { source, onCall } = reading;
    const begin = source.at();
    const index = source.u8();
    const variant = byIndex.get(index);
    if (variant === undefined) throw undecodable(`there is no variant ${index}`);
    const { type, inner, read } = variant;
    if (isCall && inner.type === 'enum') onCall(type, nameOf(inner, source.peek()));
    const value = read(reading);
    // An error of a pallet has a fixed length, whatever its variant.
    if (entry.byteLength !== undefined) source.fixed(entry.byteLength - (source.at() - begin));
    return value === null && form.omitsNull ? { type } : { type, value };
  };
}

function nameOf(calls: EnumVar, index: number): string {
  return Object.entries(calls.value).find(([, each]) => each.idx === index)?.[0] ?? `#${index}`;
}
