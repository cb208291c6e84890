import type { Decoded } from '../extrinsics/json.ts';

/** Values of a chain for computing: numbers above 32 bits are bigints; bytes, accounts and hashes are hex. */
export type Plain = Decoded<bigint>;
export type PlainRecord = Readonly<Record<string, Plain>>;

/**
 * A value with another shape than its reader expects, because the runtime changed it. Readers turn it into an
 * unknown with this text.
 */
export class ShapeFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ShapeFault';
  }
}

function isRecord(value: Plain | undefined): value is PlainRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a record has a member of that name; false for any other value. */
export function hasMember(value: Plain | undefined, name: string): boolean {
  return isRecord(value) && Object.hasOwn(value, name);
}

/** A member of a record. Throws a {@link ShapeFault} if there is none. */
export function memberOf(value: Plain | undefined, name: string): Plain {
  const member = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (member === undefined) throw new ShapeFault(`it has no ${name}`);
  return member;
}

/** A whole number of any size. Throws a {@link ShapeFault}. */
export function bigOf(value: Plain | undefined): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new ShapeFault('it is not a whole number');
}

/** A whole number that ECMAScript holds exactly. Throws a {@link ShapeFault}. */
export function countOf(value: Plain | undefined): number {
  const big = bigOf(value);
  if (big < 0n || big > BigInt(Number.MAX_SAFE_INTEGER)) throw new ShapeFault('its number is out of range');
  return Number(big);
}

/** Throws a {@link ShapeFault}. */
export function flagOf(value: Plain | undefined): boolean {
  if (typeof value !== 'boolean') throw new ShapeFault('it is neither true nor false');
  return value;
}

/** Hex or text. Throws a {@link ShapeFault}. */
export function textOf(value: Plain | undefined): string {
  if (typeof value !== 'string') throw new ShapeFault('it is not text');
  return value;
}

const ACCOUNT = /^0x[0-9a-f]{64}$/;

/** 32 bytes as hex: a public key or a hash. Throws a {@link ShapeFault}. */
export function bytes32Of(value: Plain | undefined): string {
  if (typeof value !== 'string' || !ACCOUNT.test(value)) throw new ShapeFault('it is not 32 bytes');
  return value;
}

/** Throws a {@link ShapeFault}. */
export function listOf(value: Plain | undefined): readonly Plain[] {
  if (!Array.isArray(value)) throw new ShapeFault('it is not a list');
  return value as readonly Plain[];
}

/** The name of a variant. Throws a {@link ShapeFault}. */
export function variantOf(value: Plain | undefined): string {
  return textOf(memberOf(value, 'type'));
}

/** Members of a record, by name, in its order. Throws a {@link ShapeFault}. */
export function entriesOf(value: Plain | undefined): readonly (readonly [string, Plain])[] {
  if (!isRecord(value)) throw new ShapeFault('it is not a record');
  return Object.entries(value);
}
