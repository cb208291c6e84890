import { createHash } from 'node:crypto';

/** Numbers the messages of this process. */
export interface OwnNumbers {
  /** The number of these bytes: the same one for a repeat of the last few messages. */
  of(type: string, payload: Uint8Array): bigint;
}

/** A leader sends one message in a window; a few more are remembered. */
const KEPT_NUMBERS = 16;

export function ownNumbers(): OwnNumbers {
  const kept = new Map<string, bigint>();
  let last = 0n;
  return {
    of: (type, payload) => {
      const key = createHash('sha256').update(`${type}\n`).update(payload).digest('hex');
      const known = kept.get(key);
      if (known !== undefined) return known;
      last += 1n;
      kept.set(key, last);
      const [oldest] = kept.keys();
      if (kept.size > KEPT_NUMBERS && oldest !== undefined) kept.delete(oldest);
      return last;
    },
  };
}

/** The numbers that were received in this window. */
export interface HeardNumbers {
  /** Whether a number of an author is new; remembers it. */
  isNew(seat: number, sequence: bigint): boolean;
  /** Forgets all, because numbers begin again at 1 when the process of their author restarts. */
  windowBegins(): void;
}

/**
 * Far above the one message that an honest member sends in a window. Above it, further numbers of a member
 * count as known.
 */
const KEPT_PER_MEMBER = 1_024;

export function heardNumbers(): HeardNumbers {
  const heard = new Map<number, Set<bigint>>();
  return {
    isNew: (seat, sequence) => {
      const own = heard.get(seat) ?? new Set<bigint>();
      heard.set(seat, own);
      if (own.has(sequence) || own.size >= KEPT_PER_MEMBER) return false;
      own.add(sequence);
      return true;
    },
    windowBegins: () => heard.clear(),
  };
}
