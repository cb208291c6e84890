import { createHash } from 'node:crypto';

/**
 * The one text of a value: keys sorted by code unit, no blanks, bigint as decimal text in quotes, numbers as ECMAScript
 * prints them. Entries that are `undefined` are left out of objects. Throws for anything that has no single text: NaN,
 * infinities, negative zero, functions, `undefined` in a list, lone surrogates, Maps, class instances.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'boolean':
      return String(value);
    case 'bigint':
      return `"${value}"`;
    case 'number':
      return numberOf(value);
    case 'object':
      return value === null ? 'null' : structureOf(value);
    default:
      throw new TypeError(`a ${typeof value} has no canonical text`);
  }
}

/** SHA-256 over the canonical text, as hex. */
export function digestOf(value: unknown): string {
  return digestOfText(canonicalJson(value));
}

/** SHA-256 over the UTF-8 of a text, as hex. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function textOf(text: string): string {
  // A lone surrogate has no UTF-8, so two different texts would get one digest.
  if (!text.isWellFormed()) throw new TypeError('a text with a lone surrogate has no canonical text');
  return JSON.stringify(text);
}

function numberOf(value: number): string {
  if (!Number.isFinite(value) || Object.is(value, -0)) {
    throw new TypeError(`the number ${Object.is(value, -0) ? '-0' : value} has no canonical text`);
  }
  return JSON.stringify(value);
}

function structureOf(value: object): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('only plain objects and lists have a canonical text');
  }
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${textOf(key)}:${canonicalJson(record[key])}`).join(',')}}`;
}
