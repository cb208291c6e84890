import type { TransportGroup, TransportRefusal } from '../port.ts';
import { decodeStatement, type SignedStatement, statementProblem } from '../statement.ts';

/** Finds the member of a libp2p peer, by the statement that the peer shows. */
export interface Authors {
  /**
   * The seat, or why the statement does not make the peer a member. `peer` is the multihash of its peer id.
   */
  seatOf(peer: Uint8Array, statementBytes: Uint8Array): Promise<number | TransportRefusal>;
  /** Whether the signature of these bytes was verified before, so that they need no second check. */
  isKnown(statementBytes: Uint8Array): boolean;
}

/** Statements in memory for each member. A restarted member shows a new one. */
const KEPT_PER_MEMBER = 4;

export function authorsOf(options: {
  readonly group: TransportGroup;
  /** Bytes of the own peer id. */
  readonly own: () => Uint8Array;
  readonly nowMs: () => number;
  readonly clockSkewMs: number;
}): Authors {
  const { group, nowMs, clockSkewMs } = options;
  const startedMs = nowMs();
  /** Statements with a valid signature. */
  const verified = new Map<string, SignedStatement>();

  const problemOf = (statement: SignedStatement, peer: Uint8Array): Promise<TransportRefusal | null> =>
    statementProblem(statement, {
      group,
      identity: peer,
      nowMs: nowMs(),
      clockSkewMs,
    });
  const isStillGood = (statement: SignedStatement, peer: Uint8Array): boolean =>
    Buffer.compare(statement.identity, peer) === 0 && statement.expiresMs > nowMs() - clockSkewMs;

  /**
   * Gossip may still hold frames of an earlier process of this member, and another member may send them
   * again. So only a statement from after the start proves that another process runs now. Of two processes,
   * the one that started first sees such a statement.
   */
  const seatOrOwn = ({ seat, identity, issuedMs }: SignedStatement): number | TransportRefusal => {
    if (seat !== group.seat) return seat;
    const isOther = Buffer.compare(identity, options.own()) !== 0;
    return isOther && issuedMs >= startedMs ? 'own-key-elsewhere' : 'own-past';
  };

  return {
    isKnown: (statementBytes) => verified.has(keyOf(statementBytes)),
    seatOf: async (peer, statementBytes) => {
      const key = keyOf(statementBytes);
      const known = verified.get(key);
      if (known !== undefined) return isStillGood(known, peer) ? seatOrOwn(known) : 'bad-signature';
      const statement = decodeStatement(statementBytes);
      if (statement === null) return 'malformed';
      const problem = await problemOf(statement, peer);
      if (problem !== null) return problem;
      verified.set(key, statement);
      forgetOldest(verified, statement.seat);
      return seatOrOwn(statement);
    },
  };
}

/** A member pushes out its own statements only. */
function forgetOldest(verified: Map<string, SignedStatement>, seat: number): void {
  const own = [...verified].filter(([, statement]) => statement.seat === seat);
  for (const [key] of own.slice(0, -KEPT_PER_MEMBER)) verified.delete(key);
}

function keyOf(statementBytes: Uint8Array): string {
  return Buffer.from(statementBytes).toString('latin1');
}
