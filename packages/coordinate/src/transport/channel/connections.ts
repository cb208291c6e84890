import type { Connection, PeerId } from '@libp2p/interface';
import { type Admission, admission } from '../libp2p/admission.ts';
import type { Node } from '../libp2p/node.ts';
import type { TransportLimits } from '../limits.ts';
import type { Reception } from '../reception.ts';
import type { SeatOfPeer } from './operators.ts';

/** The connections of a node, admitted by the keys of their peers. */
export interface Connections {
  readonly admission: Admission;
  /** Follow the connections of the node, which has not started. */
  follow(node: Node): void;
}

/**
 * Calls `admitted` for each connection of an operator, and `gone` at the end of its last one. All others are
 * refused and closed.
 */
export function connectionsBy(options: {
  readonly seatOf: SeatOfPeer;
  readonly reception: Reception;
  readonly limits: TransportLimits;
  readonly admitted: (peer: PeerId, seat: number) => void;
  readonly gone: (peer: string, seat: number) => void;
}): Connections {
  const { reception, seatOf } = options;
  const gate = admission(options.limits);

  const welcome = async (node: Node, connection: Connection): Promise<void> => {
    const seat = seatOf(connection.remotePeer);
    if (typeof seat === 'string') {
      reception.refuse(seat, null);
      gate.decide(connection, null);
      return;
    }
    gate.decide(connection, seat);
    if ((await gate.decided(connection)) === null || connection.status !== 'open') return;
    options.admitted(connection.remotePeer, seat);
    // Pubsub learns of a peer when it identifies the peer. If that fails, the connection is useless.
    await node.services.identify.identify(connection).catch((error: Error) => connection.abort(error));
  };

  return {
    admission: gate,
    follow: (node) => {
      node.addEventListener('connection:open', ({ detail }) => void welcome(node, detail));
      node.addEventListener('connection:close', ({ detail }) => gate.ended(detail));
      node.addEventListener('peer:disconnect', ({ detail: peer }) => {
        const seat = seatOf(peer);
        if (typeof seat === 'number') options.gone(peer.toString(), seat);
      });
    },
  };
}
