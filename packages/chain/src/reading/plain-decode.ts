import type { EnumVar, LookupEntry, Var } from '@polkadot-api/metadata-builders';
import { type ByteSource, byteSource } from '../extrinsics/byte-source.ts';
import { CodecFault, undecodable } from '../extrinsics/codec-fault.ts';
import type { ChainMetadata } from '../extrinsics/metadata.ts';
import { hexOf } from '../scale/hex.ts';
import { LARGEST_PLAIN_BITS, numberType } from '../scale/number-bytes.ts';
import { type Plain, ShapeFault } from './plain.ts';

type Decode = (source: ByteSource) => Plain;

/**
 * Decoders of the types of one runtime, each made once, because looking a type up for each of ten thousand
 * values is slow.
 */
export interface PlainDecoders {
  /** The value of a type, which must use all bytes. Throws a {@link ShapeFault}. */
  readonly decode: (type: number, bytes: Uint8Array) => Plain;
}

export function plainDecoders(metadata: ChainMetadata): PlainDecoders {
  const made = new Map<number, Decode>();

  function ofType(entry: LookupEntry): Decode {
    const known = made.get(entry.id);
    if (known !== undefined) return known;
    // Types may contain themselves: the entry stands before it is complete.
    const later: { decode: Decode } = { decode: unread };
    made.set(entry.id, (source) => later.decode(source));
    later.decode = decoderOf(entry, ofType);
    made.set(entry.id, later.decode);
    return later.decode;
  }

  return {
    decode: (type, bytes) => {
      try {
        const source = byteSource(bytes);
        const value = ofType(metadata.lookup(type))(source);
        source.end();
        return value;
      } catch (error) {
        // A stack overflow means a type without end, or bytes with too deep nesting: neither is a value.
        const why = error instanceof CodecFault ? error.message : 'its type cannot be resolved';
        throw new ShapeFault(why);
      }
    },
  };
}

function unread(): never {
  throw undecodable('its type is not read');
}

function decoderOf(entry: Var, ofType: (entry: LookupEntry) => Decode): Decode {
  switch (entry.type) {
    case 'void':
      return () => null;
    case 'primitive':
      return primitive(entry.value);
    case 'compact':
      return compact(entry.size);
    case 'AccountId32':
      return (source) => hexOf(source.take(32));
    case 'AccountId20':
      return (source) => hexOf(source.take(20));
    case 'bitSequence':
      return bits;
    case 'option':
      return option(entry.value, ofType(entry.value));
    case 'result': {
      const [ok, ko] = [ofType(entry.value.ok), ofType(entry.value.ko)];
      return (source) => {
        const failed = flag(source);
        return { success: !failed, value: failed ? ko(source) : ok(source) };
      };
    }
    case 'sequence':
      return sequence(entry.value, ofType);
    case 'array':
      return array(entry.value, entry.len, ofType);
    case 'tuple': {
      const parts = entry.value.map(ofType);
      return (source) => parts.map((part) => part(source));
    }
    case 'struct': {
      const members = Object.entries(entry.value).map(([name, each]) => [name, ofType(each)] as const);
      return (source) => Object.fromEntries(members.map(([name, decode]) => [name, decode(source)]));
    }
    case 'enum':
      return variants(entry, ofType);
  }
}

function primitive(name: string): Decode {
  if (name === 'bool') return flag;
  if (name === 'str') return (source) => Buffer.from(source.take(lengthOf(source))).toString('utf8');
  const number = numberType(name);
  // The type may be in a variant that never occurs, so the decoder fails only when it meets the type.
  if (number === null) return unread;
  const { bits: size, signed } = number;
  return (source) => {
    const unsigned = source.unsigned(size / 8);
    const value = signed ? BigInt.asIntN(size, unsigned) : unsigned;
    return size > LARGEST_PLAIN_BITS ? value : Number(value);
  };
}

function flag(source: ByteSource): boolean {
  const byte = source.byte();
  if (byte > 1) throw undecodable('a flag is neither 0 nor 1');
  return byte === 1;
}

function compact(size: string): Decode {
  const bits = numberType(size)?.bits ?? 0;
  return (source) => {
    const value = source.compact();
    if (value >= 1n << BigInt(bits)) throw undecodable(`a compact number does not fit ${size}`);
    return bits > LARGEST_PLAIN_BITS ? value : Number(value);
  };
}

/** A false length allocates no memory. */
function lengthOf(source: ByteSource): number {
  const length = source.compact();
  if (length > BigInt(source.left())) throw undecodable('a list is longer than the bytes that are left');
  return Number(length);
}

/** As their bytes: no reader here uses single bits. */
function bits(source: ByteSource): Plain {
  const length = source.compact();
  if (length > 8n * BigInt(source.left()))
    throw undecodable('a bit list is longer than the bytes that are left');
  return hexOf(source.take(Math.ceil(Number(length) / 8)));
}

/** An option in an option is `{ some: … }`, since null could be either of them. */
function option(inner: LookupEntry, decode: Decode): Decode {
  const nested = inner.type === 'option';
  return (source) => {
    if (!flag(source)) return null;
    return nested ? { some: decode(source) } : decode(source);
  };
}

function isByte(entry: LookupEntry): boolean {
  return entry.type === 'primitive' && entry.value === 'u8';
}

function sequence(inner: LookupEntry, ofType: (entry: LookupEntry) => Decode): Decode {
  if (isByte(inner)) return (source) => hexOf(source.take(lengthOf(source)));
  const decode = ofType(inner);
  return (source) => Array.from({ length: lengthOf(source) }, () => decode(source));
}

function array(inner: LookupEntry, length: number, ofType: (entry: LookupEntry) => Decode): Decode {
  if (isByte(inner)) return (source) => hexOf(source.take(length));
  const decode = ofType(inner);
  return (source) => Array.from({ length }, () => decode(source));
}

/** `{ type, value }`. */
function variants(entry: EnumVar, ofType: (entry: LookupEntry) => Decode): Decode {
  const byIndex = new Map(
    Object.entries(entry.value).map(([type, variant]) => {
      const decode = variant.type === 'lookupEntry' ? ofType(variant.value) : decoderOf(variant, ofType);
      return [variant.idx, { type, decode }];
    }),
  );
  return (source) => {
    const begin = source.at();
    const index = source.byte();
    const variant = byIndex.get(index);
    if (variant === undefined) throw undecodable(`there is no variant ${index}`);
    const value = variant.decode(source);
    // An error of a pallet has a fixed length, whatever its variant.
    if (entry.byteLength !== undefined) source.take(entry.byteLength - (source.at() - begin));
    return { type: variant.type, value };
  };
}
