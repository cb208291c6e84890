import type { GossipSub } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import type { TransportLimits } from '../limits.ts';
import type { Reception } from '../reception.ts';
import type { Admission } from './admission.ts';
import type { Node } from './node.ts';

/** Tracks the members to which gossip can send. */
export interface ReadyPeers {
  /** The peer was admitted; it counts as connected as soon as gossip can reach it. */
  expect(peer: PeerId, seat: number): void;
  gone(peer: string): void;
  close(): void;
}

interface Expected {
  readonly seat: number;
  isReady: boolean;
  /** Consecutive checks that did not find it ready. */
  missing: number;
}

/** Gossip has no event for its own stream to a peer, so this polls for it. */
const LOOK_MS = 20;

/** Above a minute; the connection of a process that ended is found dead before. */
const LOOKS_FOR_TWO = 7;

/**
 * Checks often while a peer is expected, and otherwise now and then. If gossip lost its stream to a peer
 * whose connection still exists (for example by a full buffer or too large a packet), it closes the
 * connection, and the redial restores both.
 */
export function readyPeers(options: {
  readonly node: Node;
  readonly topic: string;
  readonly limits: Pick<TransportLimits, 'handshakeMs' | 'keepAliveMs'>;
  readonly reception: Reception;
  readonly admission: Admission;
}): ReadyPeers {
  const { admission, limits, node, reception, topic } = options;
  const pubsub = node.services.pubsub;
  const expected = new Map<string, Expected>();
  const lookForTwo = twoPeers(expected, reception);
  let soon: ReturnType<typeof setTimeout> | null = null;

  const look = (): void => {
    const subscribers = new Set(pubsub.getSubscribers(topic).map(String));
    for (const [peer, state] of expected) {
      const isReady = subscribers.has(peer) && hasStreamTo(pubsub, peer);
      if (isReady && !state.isReady) {
        state.isReady = true;
        reception.connected(state.seat);
      }
      state.missing = isReady ? 0 : state.missing + 1;
    }
  };
  const lookSoon = (): void => {
    if (soon !== null || [...expected.values()].every(({ isReady }) => isReady)) return;
    soon = setTimeout(() => {
      soon = null;
      look();
      lookSoon();
    }, LOOK_MS);
  };
  const watch = setInterval(() => {
    look();
    lookForTwo();
    for (const connection of admission.admitted()) {
      const state = expected.get(connection.remotePeer.toString());
      const allowed = state?.isReady === true ? 1 : limits.handshakeMs / LOOK_MS;
      if (state !== undefined && state.missing > allowed)
        connection.abort(new Error('gossip lost this peer'));
    }
  }, limits.keepAliveMs);

  return {
    expect: (peer, seat) => {
      if (!expected.has(peer.toString())) expected.set(peer.toString(), { seat, isReady: false, missing: 0 });
      lookSoon();
    },
    gone: (peer) => {
      const state = expected.get(peer);
      expected.delete(peer);
      if (state?.isReady === true) reception.disconnected(state.seat);
    },
    close: () => {
      clearInterval(watch);
      if (soon !== null) clearTimeout(soon);
      expected.clear();
    },
  };
}

/** Reports a member whose two peers are both ready for a minute, at each further look. */
function twoPeers(expected: ReadonlyMap<string, Expected>, reception: Reception): () => void {
  /** By seat: consecutive looks that found more than one. */
  let looks: ReadonlyMap<number, number> = new Map();
  return () => {
    const ready = [...expected.values()].filter(({ isReady }) => isReady).map(({ seat }) => seat);
    const twice = new Set(ready.filter((seat, at) => ready.indexOf(seat) !== at));
    looks = new Map([...twice].map((seat) => [seat, (looks.get(seat) ?? 0) + 1]));
    for (const [seat, count] of looks) if (count >= LOOKS_FOR_TWO) reception.refuse('two-processes', seat);
  };
}

/**
 * Missing in the type of the service, but the only sign that it can send. If a version lacks this map, the
 * subscription alone counts.
 */
function hasStreamTo(pubsub: GossipSub, peer: string): boolean {
  if (!('streamsOutbound' in pubsub) || !(pubsub.streamsOutbound instanceof Map)) return true;
  return pubsub.streamsOutbound.has(peer);
}
