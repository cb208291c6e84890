import type { Connection, PeerId } from '@libp2p/interface';
import type { TransportLimits } from '../limits.ts';
import type { Reception } from '../reception.ts';
import { encodeStatement, type SignedStatement } from '../statement.ts';
import { type Admission, admission } from './admission.ts';
import type { Authors } from './authors.ts';
import { IDENTITY_PROTOCOL, showFirst, showSecond } from './identity-exchange.ts';
import type { Node } from './node.ts';

/** After this time, libp2p has finished its work for a peer whose last connection ended. */
const LATE_WRITES_MS = 1000;

/** The members at the other end of the connections of a node. */
export interface Members {
  readonly admission: Admission;
  /** Follow the connections of the node, which has not started. */
  follow(node: Node): Promise<void>;
}

/**
 * Admits connections by the statements that their peers show. Calls `admitted` for each, and `gone` at the
 * end of the last connection of an admitted peer.
 */
export function membersBy(options: {
  readonly authors: Authors;
  readonly reception: Reception;
  readonly limits: TransportLimits;
  readonly own: () => SignedStatement;
  readonly admitted: (peer: PeerId, seat: number) => void;
  readonly gone: (peer: string, seat: number) => void;
}): Members {
  const { authors, reception } = options;
  const gate = admission(options.limits);
  const seats = new Map<string, number>();

  const judge = async (connection: Connection, theirs: SignedStatement | null): Promise<boolean> => {
    const peer = connection.remotePeer;
    const answer =
      theirs === null ? 'malformed' : await authors.seatOf(peer.toMultihash().bytes, encodeStatement(theirs));
    if (typeof answer === 'string') {
      reception.refuse(answer, null);
      gate.decide(connection, null);
      return false;
    }
    gate.decide(connection, answer);
    return true;
  };
  const welcome = async (node: Node, connection: Connection): Promise<void> => {
    const seat = await gate.decided(connection);
    if (seat === null || connection.status !== 'open') return;
    seats.set(connection.remotePeer.toString(), seat);
    options.admitted(connection.remotePeer, seat);
    // Gossip learns of a peer when it identifies the peer. If that fails, the connection is useless.
    await node.services.identify.identify(connection).catch((error: Error) => connection.abort(error));
  };

  return {
    admission: gate,
    follow: async (node) => {
      node.addEventListener('connection:open', ({ detail: connection }) => {
        void welcome(node, connection);
        if (connection.direction === 'outbound') {
          void showFirst(connection, options.own()).then((theirs) => judge(connection, theirs));
        }
      });
      node.addEventListener('connection:close', ({ detail: connection }) => gate.ended(connection));
      node.addEventListener('peer:disconnect', ({ detail: peer }) => {
        const seat = seats.get(peer.toString());
        seats.delete(peer.toString());
        forget(node, peer);
        if (seat !== undefined) options.gone(peer.toString(), seat);
      });
      await node.handle(
        IDENTITY_PROTOCOL,
        (stream, connection) => showSecond(stream, options.own, (theirs) => judge(connection, theirs)),
        { maxInboundStreams: 1, maxOutboundStreams: 1 },
      );
    },
  };
}

/**
 * A restarted member is another peer, so the data about this one is useless. Deletes it twice, because a
 * stream or an identify that was open when the connection ended writes the peer into the store once more.
 */
function forget(node: Node, peer: PeerId): void {
  const remove = () => void node.peerStore.delete(peer).catch(() => {});
  remove();
  setTimeout(() => {
    if (node.getConnections(peer).length === 0) remove();
  }, LATE_WRITES_MS).unref();
}
