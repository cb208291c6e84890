import type { Multiaddr } from '@multiformats/multiaddr';
import type { TransportLimits } from '../limits.ts';
import type { Admission } from './admission.ts';
import type { Node } from './node.ts';

/**
 * Connections that one node makes at a time. Their handshakes are much arithmetic; on a machine that is
 * busy many at once would all miss the deadline together, again and again.
 */
export const MAX_DIALS = 4;

/** Starts a node and subscribes it to its topic. Rejects if it cannot listen; `stop` has ended it then. */
export async function started(node: Node, topic: string, stop: () => Promise<void>): Promise<void> {
  try {
    await node.start();
  } catch (cause) {
    await stop();
    throw new Error('the node cannot listen; are its addresses of this machine, and the ports free?', {
      cause,
    });
  }
  node.services.pubsub.subscribe(topic);
}

/** One attempt: the addresses of the member take turns. */
export function dialing(
  node: Node,
  gate: Admission,
  member: { readonly seat: number; readonly addresses: readonly Multiaddr[] },
  limits: TransportLimits,
): (attemptIndex: number) => Promise<boolean> {
  const { addresses } = member;
  return async (attemptIndex) => {
    if (gate.admitted().some(({ remotePeer }) => gate.seatOf(remotePeer.toString()) === member.seat))
      return true;
    const address = addresses[attemptIndex % addresses.length];
    if (address === undefined || node.status !== 'started') return false;
    try {
      const connection = await node.dial(address, { signal: AbortSignal.timeout(limits.handshakeMs) });
      // Where another member answers its connection stays: the node has one for each address, which may be
      // the one that it needs.
      return (await gate.decided(connection)) === member.seat;
    } catch {
      return false;
    }
  };
}

/** Stops in good order, and without it when that takes too long. */
export async function stopped(node: Node, closeMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => {
    for (const connection of node.getConnections()) connection.abort(new Error('closing'));
    resolve();
  }, closeMs);
  await Promise.race([Promise.resolve(node.stop()).catch(() => {}), promise]);
  clearTimeout(deadline);
}
