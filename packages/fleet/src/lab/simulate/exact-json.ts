/** Part of the language, but not of its type definitions yet. */
interface RawJson {
  readonly rawJSON: (text: string) => Json;
}

/** A number of any width as JSON writes it: balances are wider than a double. */
import type { Json } from '@watchbill/kit';
export function exactNumber(digits: string): Json {
  return (JSON as unknown as RawJson).rawJSON(digits);
}

/**
 * Reads JSON so that `JSON.stringify` writes its whole numbers back digit by digit, however wide. Throws a
 * SyntaxError.
 */
export function parseExact(text: string): Json {
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
    return /^-?\d+$/.test(source) ? exactNumber(source) : value;
  };
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Json;
}
