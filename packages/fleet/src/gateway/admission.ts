import type { IncomingHttpHeaders } from 'node:http';
import { addressBlock, type Caller, originOf, proxyList } from './caller.ts';
import { type KeyEntry, keyHash } from './keys.ts';
import type { GatewaySettings } from './settings.ts';
import type { VerifyToken } from './tokens.ts';

/** The parts of a request that identify the caller. */
export interface Asking {
  readonly headers: IncomingHttpHeaders;
  /** Path with a key in it, `/k/KEY`, for pages that cannot set a header; the rest is `/`. */
  readonly path: string;
  readonly socketAddress: string;
}

export type Admission =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly why: 'no-key' | 'wrong-key' | 'wrong-origin' };

export interface Admissions {
  readonly admit: (asking: Asking) => Promise<Admission>;
  /** Whether a caller would be admitted again with the same tier: keys may be removed or changed. */
  readonly stands: (caller: Caller) => boolean;
  readonly setKeys: (keys: readonly KeyEntry[]) => void;
}

const KEY_PATH = /^\/k\/([\w.~-]{1,4096})\/?$/;

/** `nowMs` is Unix time. */
export function admissions(
  settings: GatewaySettings,
  firstKeys: readonly KeyEntry[],
  verifyToken: VerifyToken | null,
  nowMs: () => number,
): Admissions {
  let byHash = new Map<string, KeyEntry>();
  const setKeys = (keys: readonly KeyEntry[]) => {
    byHash = new Map(keys.map((key) => [key.sha256, key]));
  };
  setKeys(firstKeys);
  const ofHash = (hash: string): Caller | null => {
    const entry = byHash.get(hash);
    if (entry === undefined) return null;
    const untilMs = entry.expiresAt === undefined ? null : Date.parse(entry.expiresAt);
    return untilMs !== null && untilMs <= nowMs()
      ? null
      : { id: `key:${entry.name}`, tier: entry.tier, untilMs, keyHash: hash };
  };
  const { anonymous, origins } = settings;
  const proxies = proxyList(settings.trustedProxies);
  return {
    setKeys,
    // By the key, because its name may have another one by now.
    stands: ({ tier, untilMs, keyHash: hash }) =>
      hash === null ? untilMs === null || untilMs > nowMs() : ofHash(hash)?.tier === tier,
    admit: async ({ headers, path, socketAddress }) => {
      const { origin } = headers;
      if (origin !== undefined && !origins.includes('*') && !origins.includes(origin))
        return { ok: false, why: 'wrong-origin' };
      const given = givenSecret(headers, path);
      if (given === null) {
        if (anonymous === null) return { ok: false, why: 'no-key' };
        const from = originOf(socketAddress, headerText(headers['x-forwarded-for']), proxies);
        return {
          ok: true,
          caller: { id: `address:${addressBlock(from)}`, tier: anonymous, untilMs: null, keyHash: null },
        };
      }
      const isToken = given.split('.').length === 3;
      const caller = isToken ? await (verifyToken?.(given) ?? null) : ofHash(keyHash(given));
      return caller === null ? { ok: false, why: 'wrong-key' } : { ok: true, caller };
    },
  };
}

/** The key or token of the request; null for none. A malformed one is returned too, and then rejected. */
function givenSecret(headers: IncomingHttpHeaders, path: string): string | null {
  const bearer = headers.authorization;
  if (bearer !== undefined) return /^Bearer +(\S+)$/i.exec(bearer)?.[1] ?? '';
  const key = headerText(headers['x-api-key']);
  if (key !== undefined) return key;
  return KEY_PATH.exec(path)?.[1] ?? null;
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(',');
}
