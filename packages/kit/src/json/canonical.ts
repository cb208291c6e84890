import { createHash } from 'node:crypto';

/**
 * The one text of a value: keys sorted by code unit, no blanks, bigint as decimal text in quotes, numbers as
 * ECMAScript prints them. For example `{ b: 1n, a: [null] }` gives `{"a":[null],"b":"1"}`. Entries that are
 * `undefined` are left out of objects. Throws a TypeError for a value that has no single text: NaN,
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
      if (value === null) return 'null';
      return Array.isArray(value) ? listOf(value) : recordOf(value);
    default:
      throw new TypeError(`a ${typeof value} has no canonical text`);
  }
}

/** SHA-256 of the canonical text, as 64 hex digits. */
export function digestOf(value: unknown): string {
  return digestOfText(canonicalJson(value));
}

/** SHA-256 of the UTF-8 of a text, as 64 hex digits. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * SHA-256 of the canonical texts of several values, each with a line feed, for values that are too long for
 * one text.
 */
export function digestOfAll(values: Iterable<unknown>): string {
  const hash = createHash('sha256');
  for (const value of values) hash.update(`${canonicalJson(value)}\n`);
  return hash.digest('hex');
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

/** Plans hold thousands of objects: adding to one text is faster than joining lists of texts. */
function listOf(list: readonly unknown[]): string {
  let text = '[';
  // An index loop visits holes too: a hole is `undefined`, which is refused.
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) text += ',';
    text += canonicalJson(list[index]);
  }
  return `${text}]`;
}

function recordOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('only plain objects and lists have a canonical text');
  }
  const record = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(record).sort()) {
    const inner = record[key];
    if (inner === undefined) continue;
    if (text !== '{') text += ',';
    text += `${textOf(key)}:${canonicalJson(inner)}`;
  }
  return `${text}}`;
}
