import type { LookupEntry, Var } from '@polkadot-api/metadata-builders';
import fc from 'fast-check';
import { LARGEST_PLAIN_BITS, numberType } from '../../scale/number-bytes.ts';
import { addressOfAccount } from '../account.ts';
import type { Json } from '../json.ts';
import type { ChainMetadata } from '../metadata.ts';

/** Nesting limit of calls and of other types; deeper ones use the simplest variants only. */
const MAX_DEPTH = 12;

/** Values of a type, in the form of the decoder. */
export function valuesOf(metadata: ChainMetadata, type: number): fc.Arbitrary<Json> {
  return ofVar(metadata.lookup(type), 0, metadata.ss58Prefix);
}

function bytes(length: { readonly minLength?: number; readonly maxLength: number }): fc.Arbitrary<Json> {
  return fc.uint8Array(length).map((each) => `0x${Buffer.from(each).toString('hex')}`);
}

function number(name: string): fc.Arbitrary<Json> {
  const { bits, signed } = numberType(name) ?? { bits: 8, signed: false };
  const limit = 1n << BigInt(signed ? bits - 1 : bits);
  const small = fc.bigInt({ min: signed ? -3n : 0n, max: 70n });
  const all = fc.bigInt({ min: signed ? -limit : 0n, max: limit - 1n });
  return fc.oneof(small, all).map((each) => (bits > LARGEST_PLAIN_BITS ? each.toString() : Number(each)));
}

function primitive(name: string): fc.Arbitrary<Json> {
  if (name === 'bool') return fc.boolean();
  return name === 'str' ? fc.string({ maxLength: 10, unit: 'binary' }) : number(name);
}

function isByte(entry: LookupEntry): boolean {
  return entry.type === 'primitive' && entry.value === 'u8';
}

function ofVar(entry: Var, depth: number, prefix: number): fc.Arbitrary<Json> {
  const inner = (each: LookupEntry): fc.Arbitrary<Json> => ofVar(each, depth + 1, prefix);
  switch (entry.type) {
    case 'void':
      return fc.constant(null);
    case 'primitive':
      return primitive(entry.value);
    case 'compact':
      return number(entry.size);
    case 'AccountId32':
      return fc.uint8Array({ minLength: 32, maxLength: 32 }).map((each) => addressOfAccount(each, prefix));
    case 'AccountId20':
      return bytes({ minLength: 20, maxLength: 20 });
    case 'bitSequence':
      return fc.array(fc.constantFrom('0', '1'), { maxLength: 20 }).map((bits) => bits.join(''));
    case 'option':
      return fc.oneof(
        fc.constant(null),
        inner(entry.value).map((value) => (entry.value.type === 'option' ? { some: value } : value)),
      );
    case 'result':
      return fc.oneof(
        inner(entry.value.ok).map((value) => ({ success: true, value })),
        inner(entry.value.ko).map((value) => ({ success: false, value })),
      );
    case 'sequence':
      return isByte(entry.value)
        ? bytes({ maxLength: 80 })
        : fc.array(inner(entry.value), { maxLength: depth > MAX_DEPTH ? 0 : 3 });
    case 'array':
      return isByte(entry.value)
        ? bytes({ minLength: entry.len, maxLength: entry.len })
        : fc.array(inner(entry.value), { minLength: entry.len, maxLength: entry.len });
    case 'tuple':
      return fc.tuple(...entry.value.map(inner));
    case 'struct':
      return fc.record(
        Object.fromEntries(Object.entries(entry.value).map(([name, each]) => [name, inner(each)])),
        { noNullPrototype: true },
      );
    case 'enum': {
      const variants = Object.entries(entry.value);
      const some = depth > MAX_DEPTH ? variants.slice(0, 1) : variants;
      // Drawn only on demand: types contain themselves.
      return fc.constantFrom(...some).chain(([type, variant]) => {
        if (variant.type === 'void') return fc.constant({ type });
        const of: Var = variant.type === 'lookupEntry' ? variant.value : variant;
        return ofVar(of, depth + 1, prefix).map((value) => (value === null ? { type } : { type, value }));
      });
    }
  }
}
