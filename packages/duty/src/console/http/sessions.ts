import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Clock, type Random, randomHex } from '@watchbill/kit';

export const SESSION_MS = 12 * 3_600_000;
/** More end the oldest one. */
const MAX_SESSIONS = 256;
const ID_BYTES = 32;

export type Sessions = ReturnType<typeof createSessions>;

/** Sessions of browsers, in memory: a restart ends them. */
export function createSessions(clock: Clock, random: Random) {
  const sessions = new Map<string, { readonly secret: string; readonly endsMs: number }>();
  return {
    /** A new session for a bearer secret; its random id goes into a cookie. */
    begin: (secret: string): string => {
      const [oldest] = sessions.keys();
      if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      const id = randomHex(random, ID_BYTES);
      sessions.set(id, { secret, endsMs: clock.monotonicMs() + SESSION_MS });
      return id;
    },
    /** The secret of a session that has not ended. */
    secretOf: (id: string): string | null => {
      const session = sessions.get(id);
      if (session === undefined) return null;
      if (clock.monotonicMs() < session.endsMs) return session.secret;
      sessions.delete(id);
      return null;
    },
  };
}

export type FormTokens = ReturnType<typeof createFormTokens>;

/** Tokens of forms: each belongs to one credential of one process. */
export function createFormTokens(random: Random) {
  const key = randomHex(random, ID_BYTES);
  const of = (credential: string) => createHmac('sha256', key).update(credential).digest('base64url');
  return {
    of,
    isOf: (credential: string, token: string): boolean => {
      const [wanted, given] = [Buffer.from(of(credential)), Buffer.from(token)];
      return wanted.length === given.length && timingSafeEqual(wanted, given);
    },
  };
}
