import { importSPKI, jwtVerify } from 'jose';
import type { Caller } from './caller.ts';
import { GatewayFault } from './gateway-fault.ts';
import type { GatewaySettings } from './settings.ts';

type JwtSettings = NonNullable<GatewaySettings['jwt']>;

/** The caller that a token names, or null: the answer does not show why a token is refused. */
export type VerifyToken = (token: string) => Promise<Caller | null>;

const LONGEST_SUBJECT = 128;
const LEAST_SECRET_BYTES = 32;
/**
 * Verifying signatures is expensive, so a verified token is remembered until it expires, for a minute at
 * most.
 */
const KEPT_MS = 60_000;
const MOST_KEPT = 10_000;

/** Throws a GatewayFault for a key that does not fit. `nowMs` is Unix time. */
export async function tokenVerifier(
  settings: JwtSettings,
  keyText: string,
  tiers: readonly string[],
  nowMs: () => number,
): Promise<VerifyToken> {
  const key = await readKey(settings, keyText);
  const kept = new Map<string, { readonly caller: Caller; readonly atMs: number }>();
  return async (token) => {
    const known = kept.get(token);
    const now = nowMs();
    if (known !== undefined && now - known.atMs < KEPT_MS)
      return (known.caller.untilMs ?? 0) > now ? known.caller : null;
    kept.delete(token);
    const caller = await verified(settings, key, token, tiers, now);
    if (caller === null) return null;
    kept.set(token, { caller, atMs: now });
    for (const first of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(first);
    }
    return caller;
  };
}

async function readKey({ algorithm }: JwtSettings, text: string) {
  if (algorithm === 'HS256') {
    const secret = Buffer.from(text.trim(), 'utf8');
    if (secret.length >= LEAST_SECRET_BYTES) return secret;
    throw new GatewayFault(
      'jwt',
      `the secret of HS256 has ${secret.length} bytes`,
      `use ${LEAST_SECRET_BYTES} random bytes or more`,
    );
  }
  try {
    return await importSPKI(text, algorithm);
  } catch (error) {
    throw new GatewayFault(
      'jwt',
      `the file is not a public key for ${algorithm}`,
      'name a PEM file that begins with BEGIN PUBLIC KEY',
      error,
    );
  }
}

async function verified(
  { algorithm, issuer, audience, tierClaim }: JwtSettings,
  key: Awaited<ReturnType<typeof readKey>>,
  token: string,
  tiers: readonly string[],
  nowMs: number,
): Promise<Caller | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(nowMs),
    });
    const tier = payload[tierClaim];
    const { sub = '', exp = 0 } = payload;
    if (typeof tier !== 'string' || !tiers.includes(tier) || sub.length > LONGEST_SUBJECT) return null;
    return { id: `token:${sub.replaceAll(/[^\w.@-]/g, '_')}`, tier, untilMs: exp * 1_000, keyHash: null };
  } catch {
    return null;
  }
}
