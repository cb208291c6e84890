import { createHash } from 'node:crypto';
import { type ApiProblemCode, type ProblemDocument, problemOf } from './problem.ts';
import type { Document } from './reading/document.ts';

/** The result of a handler. Refusals are values; exceptions are faults. */
export type Reply =
  | {
      readonly kind: 'text';
      readonly status: number;
      readonly type: string;
      readonly body: string | Buffer;
      /** Identifies exactly these bytes; null if the answer holds for this moment only. */
      readonly etag: string | null;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'document';
      readonly document: Document;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'not-modified'; readonly etag: string }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'problem'; readonly document: ProblemDocument };

export const JSON_TYPE = 'application/json; charset=utf-8';
export const HTML_TYPE = 'text/html; charset=utf-8';

/** JSON with whole numbers of any size as decimal text. Lone surrogates are escaped. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? member.toString() : member));
}

/** A JSON answer whose ETag is the digest of its bytes. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = jsonText(value);
  return { kind: 'text', status: 200, type: JSON_TYPE, body, etag: etagOf(body), headers };
}

/** A JSON answer that holds for this moment only: it has no ETag and is not cached. */
export function jsonNow(value: unknown, status = 200): Reply {
  const headers = { 'cache-control': 'no-store' };
  return { kind: 'text', status, type: JSON_TYPE, body: jsonText(value), etag: null, headers };
}

export function html(body: string, status = 200): Reply {
  return { kind: 'text', status, type: HTML_TYPE, body, etag: etagOf(body), headers: {} };
}

export function refusal(
  code: ApiProblemCode,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): Reply {
  return { kind: 'problem', document: problemOf(code, detail, extra) };
}

export function redirect(to: string): Reply {
  return { kind: 'redirect', to };
}

/** A strong ETag made from an identifier. */
export function etagOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return `"${hash.digest('base64url').slice(0, 27)}"`;
}

/** Whether `If-None-Match` names the ETag or its gzip form (RFC 9110, 13.1.2: the weak comparison). */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some(
    (one) =>
      one
        .trim()
        .replace(/^W\//, '')
        .replace(/-gzip"$/, '"') === etag,
  );
}
