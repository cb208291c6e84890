import type { EnumVar, LookupEntry, MetadataPrimitives, Var } from '@polkadot-api/metadata-builders';
import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { unfit } from '../scale/codec-fault.ts';
import { compactBytes, numberBytes, numberType, withLength } from '../scale/number-bytes.ts';
import { accountOfText } from './account.ts';
import type { ChainMetadata } from './metadata.ts';

/**
 * The bytes of a value, in the form of `decodeValue`. Strict: every member must be present, and no others. An
 * address may replace a `MultiAddress` of the kind `Id`. Throws a CodecFault of the code `unfit` that names
 * the place.
 */
export function encodeValue(metadata: ChainMetadata, type: number, value: Json): Uint8Array {
  return encoded(metadata.lookup(type), value, '');
}

function encoded(entry: Var, value: Json, path: string): Uint8Array {
  switch (entry.type) {
    case 'void':
      if (value !== null) throw unfit(path, 'must be null');
      return new Uint8Array();
    case 'primitive':
      return primitiveBytes(entry.value, value, path);
    case 'compact':
      return compactBytes(numberIn(entry.size, value, path));
    case 'AccountId32':
      return accountBytes(value, path);
    case 'AccountId20':
      return hexBytes(value, 20, path);
    case 'bitSequence':
      return bitsBytes(entry.isLSB, value, path);
    case 'option':
      return optionBytes(entry.value, value, path);
    case 'result':
      return resultBytes(entry.value, value, path);
    case 'sequence':
      return sequenceBytes(entry.value, value, path);
    case 'array':
      return isByte(entry.value)
        ? hexBytes(value, entry.len, path)
        : itemsBytes(() => entry.value, listOf(value, entry.len, path), path);
    case 'tuple':
      return itemsBytes((index) => entry.value[index], listOf(value, entry.value.length, path), path);
    case 'struct':
      return structBytes(entry.value, value, path);
    case 'enum':
      return variantBytes(entry, value, path);
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function at(path: string, name: string | number): string {
  return path === '' ? String(name) : `${path}.${name}`;
}

function primitiveBytes(name: MetadataPrimitives, value: Json, path: string): Uint8Array {
  if (name === 'bool') {
    if (typeof value !== 'boolean') throw unfit(path, 'must be true or false');
    return Uint8Array.of(value ? 1 : 0);
  }
  if (name === 'str') {
    if (typeof value !== 'string') throw unfit(path, 'must be a text');
    return withLength(new TextEncoder().encode(value));
  }
  const number = numberType(name);
  if (number === null) throw unfit(path, `has the type ${name}, which is not written`);
  return numberBytes(numberIn(name, value, path), number.bits / 8);
}

/** More digits than the largest type has. */
const DIGITS = /^-?\d{1,80}$/;

function numberIn(name: string, value: Json, path: string): bigint {
  const isNumber =
    typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && DIGITS.test(value);
  if (!isNumber) throw unfit(path, 'must be a whole number, or a text of digits');
  const { bits, signed } = numberType(name) ?? { bits: 0, signed: false };
  const number = BigInt(String(value));
  const kept = signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number);
  if (kept !== number) throw unfit(path, `must fit ${name}`);
  return number;
}

function accountBytes(value: Json, path: string): Uint8Array {
  const account = typeof value === 'string' ? accountOfText(value) : null;
  if (account === null) throw unfit(path, 'must be an SS58 address, or 32 bytes of hex');
  return account;
}

/** `length` null: any. */
function hexBytes(value: Json, length: number | null, path: string): Uint8Array {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-fA-F]{2})*$/.test(value))
    throw unfit(path, 'must be hex that begins with 0x');
  const bytes = Uint8Array.from(Buffer.from(value.slice(2), 'hex'));
  if (length !== null && bytes.length !== length) throw unfit(path, `must have ${length} bytes`);
  return bytes;
}

function bitsBytes(isLeastFirst: boolean, value: Json, path: string): Uint8Array {
  if (typeof value !== 'string' || !/^[01]*$/.test(value)) throw unfit(path, 'must be a text of 0 and 1');
  const bytes = (value.match(/.{1,8}/g) ?? []).map((part) => {
    const text = part.padEnd(8, '0');
    return Number.parseInt(isLeastFirst ? [...text].reverse().join('') : text, 2);
  });
  return joined(compactBytes(BigInt(value.length)), Uint8Array.from(bytes));
}

function optionBytes(inner: LookupEntry, value: Json, path: string): Uint8Array {
  if (value === null) return Uint8Array.of(0);
  const some = inner.type === 'option' ? someOf(value, path) : value;
  return joined(Uint8Array.of(1), encoded(inner, some, path));
}

function someOf(value: Json, path: string): Json {
  if (!isRecord(value) || value.some === undefined) throw unfit(path, 'must be null or {"some": …}');
  return value.some;
}

function resultBytes(
  { ok, ko }: { readonly ok: LookupEntry; readonly ko: LookupEntry },
  value: Json,
  path: string,
): Uint8Array {
  if (!isRecord(value) || typeof value.success !== 'boolean')
    throw unfit(path, 'must be {"success": true or false, "value": …}');
  const inner = encoded(value.success ? ok : ko, value.value ?? null, at(path, 'value'));
  return joined(Uint8Array.of(value.success ? 0 : 1), inner);
}

function isByte(entry: LookupEntry): boolean {
  return entry.type === 'primitive' && entry.value === 'u8';
}

function sequenceBytes(inner: LookupEntry, value: Json, path: string): Uint8Array {
  if (isByte(inner)) return withLength(hexBytes(value, null, path));
  const items = listOf(value, null, path);
  return joined(
    compactBytes(BigInt(items.length)),
    itemsBytes(() => inner, items, path),
  );
}

function itemsBytes(
  entryOf: (index: number) => LookupEntry | undefined,
  items: readonly Json[],
  path: string,
): Uint8Array {
  return joined(
    ...items.map((item, index) => encoded(entryOf(index) ?? { type: 'void' }, item, at(path, index))),
  );
}

function listOf(value: Json, length: number | null, path: string): readonly Json[] {
  if (!Array.isArray(value)) throw unfit(path, 'must be a list');
  if (length !== null && value.length !== length) throw unfit(path, `must have ${length} items`);
  return value;
}

function structBytes(members: Readonly<Record<string, LookupEntry>>, value: Json, path: string): Uint8Array {
  const names = Object.keys(members);
  if (!isRecord(value)) throw unfit(path, `must have ${names.join(', ')}`);
  const more = Object.keys(value).find((name) => !Object.hasOwn(members, name));
  if (more !== undefined) throw unfit(at(path, more), `is not known here; known are ${names.join(', ')}`);
  return joined(
    ...Object.entries(members).map(([name, entry]) => {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (member === undefined) throw unfit(at(path, name), 'is missing');
      return encoded(entry, member, at(path, name));
    }),
  );
}

function variantBytes(entry: EnumVar, given: Json, path: string): Uint8Array {
  const names = Object.keys(entry.value).join(', ');
  const value = typeof given === 'string' ? shorthand(entry, given) : given;
  if (!isRecord(value) || typeof value.type !== 'string')
    throw unfit(path, `must be {"type": …, "value": …} with one of ${names}`);
  const variant = Object.hasOwn(entry.value, value.type) ? entry.value[value.type] : undefined;
  if (variant === undefined) throw unfit(at(path, value.type), `does not exist; known are ${names}`);
  const inner: Var = variant.type === 'lookupEntry' ? variant.value : variant;
  const bytes = joined(Uint8Array.of(variant.idx), encoded(inner, value.value ?? null, at(path, value.type)));
  // An error of a pallet has a fixed length, whatever its variant.
  return joined(bytes, new Uint8Array(Math.max(0, (entry.byteLength ?? 0) - bytes.length)));
}

/** A text for a variant: an address where there is an `Id`, else the name of a variant without content. */
function shorthand(entry: EnumVar, text: string): JsonRecord {
  return Object.hasOwn(entry.value, 'Id') ? { type: 'Id', value: text } : { type: text };
}
