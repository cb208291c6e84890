/** A value that JSON can hold. */
export type Json = null | boolean | number | string | JsonList | JsonRecord;
export type JsonList = readonly Json[];
export interface JsonRecord {
  readonly [name: string]: Json;
}

export function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is JsonList {
  return Array.isArray(value);
}

/** True if two values are the same, whatever the order of their keys. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (isList(one)) {
    if (!isList(other) || one.length !== other.length) return false;
    for (let index = 0; index < one.length; index++) if (!sameJson(one[index], other[index])) return false;
    return true;
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  let count = 0;
  for (const key in one) {
    count += 1;
    if (!(key in other) || !sameJson(one[key], other[key])) return false;
  }
  for (const _key in other) count -= 1;
  return count === 0;
}

/** The value of a JSON text, or null for any other text. Use a schema to distinguish null from an error. */
export function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
