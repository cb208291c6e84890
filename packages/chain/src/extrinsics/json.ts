/**
 * Values of a chain as JSON: numbers up to 32 bits are numbers, larger ones decimal texts, bytes `0x…`,
 * accounts SS58 addresses, variants `{ type, value }`, results `{ success, value }`, an empty option null.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonRecord;

export interface JsonRecord {
  readonly [key: string]: Json;
}

export function isJsonRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of a record; undefined for any other value. */
export function jsonMember(value: Json | undefined, name: string): Json | undefined {
  return isJsonRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
