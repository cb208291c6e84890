import type { OperatorKey } from '../../keys/port.ts';
import { type SignedStatement, signStatement } from '../statement.ts';

/**
 * The statement that binds this node to its operator key; signed anew when half of its time is over, or if
 * the clock went back before its start.
 */
export function ownStatement(options: {
  readonly key: OperatorKey;
  readonly groupId: Uint8Array;
  readonly seat: number;
  /** The multihash of the node's peer id. */
  readonly identity: Uint8Array;
  readonly nowMs: () => number;
  readonly validMs: number;
}): () => SignedStatement {
  const { groupId, identity, key, nowMs, seat, validMs } = options;
  let current: SignedStatement | null = null;
  return () => {
    const atMs = nowMs();
    if (current === null || atMs < current.issuedMs || atMs >= current.issuedMs + validMs / 2) {
      const times = { issuedMs: atMs, expiresMs: atMs + validMs };
      current = signStatement(key, { groupId, seat, identity, ...times });
    }
    return current;
  };
}
