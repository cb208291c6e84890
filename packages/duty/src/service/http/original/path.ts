import type { OriginalRequest } from '../../contract.ts';

/** The request in a path under `/original`. */
export type OriginalPath =
  | { readonly kind: 'authorize'; readonly secret: string; readonly request: OriginalRequest }
  | { readonly kind: 'order'; readonly node: string }
  | { readonly kind: 'none' };

const PREFIX = 'original';
const KINDS: readonly OriginalRequest['kind'][] = ['slot', 'round', 'session'];
/** No u64 is longer; longer texts are cut, and stay malformed. */
const MAX_NUMBER_TEXT = 32;
const NONE: OriginalPath = { kind: 'none' };

/** The path of a request target: without query, and without the scheme and host that a proxy may send. */
export function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  return path.split(/[?#]/, 1)[0] ?? '';
}

/** True if the answer must be in the form of the original protocol. */
export function isOriginal(target: string): boolean {
  if (target.startsWith('/v1/')) return false;
  const first = pathOf(target)
    .split('/', 8)
    .find((segment) => segment !== '');
  return first === PREFIX;
}

/**
 * Read a path under `/original`. Empty segments are left out, because clients put a base URL with or without
 * a final slash before the rest. Segments are not decoded: the original client never encodes.
 */
export function parseOriginal(target: string): OriginalPath {
  const segments = pathOf(target)
    .split('/', 16)
    .filter((segment) => segment !== '');
  const [prefix, secret, word, kind, number] = segments;
  if (prefix !== PREFIX || secret === undefined) return NONE;
  if (secret === 'authorize_fix_order' && word !== undefined && segments.length === 3) {
    return { kind: 'order', node: word };
  }
  if (word !== 'authorize' || kind === undefined || segments.length > 5) return NONE;
  if (number === undefined) return authorize(secret, 'slot', kind);
  const known = KINDS.find((one) => one === kind);
  return known === undefined ? NONE : authorize(secret, known, number);
}

function authorize(secret: string, kind: OriginalRequest['kind'], number: string): OriginalPath {
  return { kind: 'authorize', secret, request: { kind, number: number.slice(0, MAX_NUMBER_TEXT) } };
}
