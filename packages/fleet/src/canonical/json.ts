import { createHash } from 'node:crypto';

/** Data that has one spelling: what resources, live objects and plans are made of. */
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

/** The one text of a value: keys sorted by code unit, no blanks. */
export function canonicalJson(value: Json): string {
  if (isList(value)) {
    let text = '[';
    for (const [index, each] of value.entries())
      text += index === 0 ? canonicalJson(each) : `,${canonicalJson(each)}`;
    return `${text}]`;
  }
  if (!isRecord(value)) return JSON.stringify(value);
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const inner = `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`;
    text += text === '{' ? inner : `,${inner}`;
  }
  return `${text}}`;
}

/** Whether two values are the same, whatever the order of their keys. */
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

/** SHA-256 of the one text of a value, as hex. */
export function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** SHA-256 over the texts of several values, each on a line of its own: for what is too long to be one text. */
export function digestOfAll(values: Iterable<Json>): string {
  const hash = createHash('sha256');
  for (const value of values) hash.update(`${canonicalJson(value)}\n`);
  return hash.digest('hex');
}
