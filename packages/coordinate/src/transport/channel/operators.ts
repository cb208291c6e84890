import type { PeerId } from '@libp2p/interface';
import { ethereumAddress } from '@watchbill/chain/keys';
import type { TransportRefusal } from '../port.ts';

/**
 * Finds the operator of a peer. The operator's key is part of the peer id, so the handshake has proven it.
 */
export type SeatOfPeer = (peer: PeerId) => number | TransportRefusal;

/** Results are kept in memory, so that a message needs no arithmetic on the curve. */
const KEPT_PEERS = 1_024;

/** `operators`: addresses with the checksum of EIP-55; the seat of a peer is the place of its address. */
export function seatsByAddress(operators: readonly string[]): SeatOfPeer {
  const known = new Map<string, number | TransportRefusal>();
  return (peer) => {
    const name = peer.toString();
    const before = known.get(name);
    if (before !== undefined) return before;
    const answer = seatOf(operators, peer);
    if (known.size >= KEPT_PEERS) known.clear();
    known.set(name, answer);
    return answer;
  };
}

function seatOf(operators: readonly string[], peer: PeerId): number | TransportRefusal {
  if (peer.type !== 'secp256k1') return 'wrong-key';
  const seat = operators.indexOf(ethereumAddress(peer.publicKey.raw));
  return seat < 0 ? 'not-a-member' : seat;
}
