import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { isDialedBy, othersOf, type Seats } from '../group.ts';
import type { TransportLimits } from '../limits.ts';
import type { Transport, TransportMember } from '../port.ts';
import type { Reception } from '../reception.ts';
import type { Admission } from './admission.ts';
import type { Node } from './node.ts';
import type { ReadyPeers } from './ready-peers.ts';
import { type Redial, redial } from './redial.ts';
import { slots } from './slots.ts';

/**
 * How many connections a node opens at a time. A handshake takes much arithmetic, and on a busy machine many
 * at once would all miss their deadline, again and again.
 */
const MAX_DIALS = 4;

/** A member that this process dials. */
export interface DialedMember {
  readonly seat: number;
  readonly addresses: readonly Multiaddr[];
}

/** The members that this process dials. Throws an Error for an address that is not a multiaddr. */
export function dialedMembers(
  group: Seats<Pick<TransportMember, 'seat' | 'addresses'>>,
): readonly DialedMember[] {
  return othersOf(group)
    .filter((other) => isDialedBy(group, other))
    .map(({ addresses, seat }) => ({ seat, addresses: addresses.map((address) => multiaddr(address)) }));
}

/** The parts of a node that start and stop together. */
export interface LivingParts {
  readonly node: Node;
  readonly topic: string;
  readonly limits: TransportLimits;
  readonly received: Reception;
  readonly ready: ReadyPeers;
  readonly admission: Admission;
  /** By seat; filled here. */
  readonly redials: Map<number, Redial>;
}

/** A node that listens and dials. */
export interface Life extends Pick<Transport, 'peers' | 'refusals' | 'close'> {
  /** Multiaddrs where it listens, without the peer id. */
  readonly addresses: readonly string[];
}

/** Starts a node, and dials others of its group. Rejects if it cannot listen; all parts have ended then. */
export async function begun(parts: LivingParts, dialed: readonly DialedMember[]): Promise<Life> {
  const { admission, limits, node, ready, received, redials, topic } = parts;
  const stop = async (): Promise<void> => {
    received.close();
    ready.close();
    await stopped(node, limits.closeMs);
    admission.close();
  };
  await started(node, topic, stop);
  const inSlot = slots(MAX_DIALS);
  for (const member of dialed) {
    const attempt = dialing(node, admission, member, limits);
    redials.set(
      member.seat,
      redial(limits, (index) => inSlot(() => attempt(index))),
    );
  }
  let closing: Promise<void> | null = null;
  return {
    addresses: node.getMultiaddrs().map((address) => address.toString().replace(/\/p2p\/[^/]+$/, '')),
    peers: received.peers,
    refusals: received.refusals,
    close: () => {
      for (const each of redials.values()) each.close();
      closing ??= stop();
      return closing;
    },
  };
}

/** Starts a node and subscribes it to its topic. Rejects if it cannot listen; `stop` has ended it then. */
async function started(node: Node, topic: string, stop: () => Promise<void>): Promise<void> {
  try {
    await node.start();
  } catch (cause) {
    await stop();
    throw new Error(
      'the node cannot listen; check that its addresses belong to this machine and that the ports are free',
      {
        cause,
      },
    );
  }
  node.services.pubsub.subscribe(topic);
}

/** One attempt. Each attempt uses the next address of the member. */
function dialing(
  node: Node,
  gate: Admission,
  member: DialedMember,
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
      // If another member answers, its connection stays. The node has one connection per address, and may
      // need this one.
      return (await gate.decided(connection)) === member.seat;
    } catch {
      return false;
    }
  };
}

/** Stops gracefully, or by force if that takes too long. */
async function stopped(node: Node, closeMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => {
    for (const connection of node.getConnections()) connection.abort(new Error('closing'));
    resolve();
  }, closeMs);
  await Promise.race([Promise.resolve(node.stop()).catch(() => {}), promise]);
  clearTimeout(deadline);
}
