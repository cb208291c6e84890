import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';

export type { Json, JsonRecord };

/**
 * A decoded value of a chain. Numbers up to 32 bits are numbers, larger ones of the type `Large`, bytes
 * `0x…`, variants `{ type, value }`, results `{ success, value }`, an empty option null. With texts for large
 * numbers, and SS58 addresses for accounts, this is {@link Json}.
 */
export type Decoded<Large> =
  | null
  | boolean
  | number
  | string
  | Large
  | readonly Decoded<Large>[]
  | { readonly [key: string]: Decoded<Large> };

/** A member of a record; undefined for any other value. */
export function jsonMember(value: Json | undefined, name: string): Json | undefined {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
