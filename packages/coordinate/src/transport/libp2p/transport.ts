import type { PeerId } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { encodeFrame } from '../frame-codec.ts';
import { checkGroup, isDialedBy, othersOf } from '../group.ts';
import { limitsFrom, type TransportLimits } from '../limits.ts';
import type { Transport } from '../port.ts';
import { type Reception, reception } from '../reception.ts';
import type { TransportSettings } from '../settings.ts';
import { authorsOf } from './authors.ts';
import { dialing, MAX_DIALS, started, stopped } from './life.ts';
import { type Members, membersBy } from './members.ts';
import { type Node, newNode } from './node.ts';
import { ownStatement } from './own-statement.ts';
import { type Publisher, publisherOn } from './publisher.ts';
import { type ReadyPeers, readyPeers } from './ready-peers.ts';
import { type Redial, redial } from './redial.ts';
import { slots } from './slots.ts';
import { validatorOf } from './validator.ts';

export interface Libp2pSettings extends TransportSettings {
  /** Addresses to listen on, as multiaddrs such as `/ip4/0.0.0.0/tcp/4001`; port 0 takes a free one. None: this member only dials. */
  readonly listen?: readonly string[];
  /** Seed of the node's own ed25519 key, 32 bytes, for a peer id that stays. Left out, each start has a new one. Not the operator key. */
  readonly secret?: Uint8Array;
}

/** Frames over gossipsub. */
export interface Libp2pTransport extends Transport {
  /** Multiaddrs where it listens, without the peer id. */
  readonly addresses: readonly string[];
  /** Frames that were not sent at all, because too many waited to be signed. */
  dropped(): number;
}

/** The transport, and a way to send what its own encoder would not. */
export interface Libp2pMesh extends Libp2pTransport {
  broadcastBytes(bytes: Uint8Array): void;
  readonly node: Node;
}

/** The topic of a group. */
export function topicOf(groupId: Uint8Array): string {
  return `watchbill/${Buffer.from(groupId).toString('hex')}`;
}

/** Rejects where it cannot listen. Throws a RangeError for a group, and an Error for an address, that makes no sense. */
export async function openLibp2p(settings: Libp2pSettings): Promise<Libp2pMesh> {
  const { group } = settings;
  checkGroup(group, settings.key);
  const dialed = othersOf(group)
    .filter((other) => isDialedBy(group, other))
    .map(({ seat, addresses }) => ({ seat, addresses: addresses.map((address) => multiaddr(address)) }));
  const parts = await assembled(settings);
  const { limits, members, node, publisher, received, redials, topic } = parts;
  const stop = async (): Promise<void> => {
    received.close();
    parts.ready.close();
    await stopped(node, limits.closeMs);
    members.admission.close();
  };
  await started(node, topic, stop);
  const inSlot = slots(MAX_DIALS);
  for (const member of dialed) {
    const attempt = dialing(node, members.admission, member, limits);
    redials.set(
      member.seat,
      redial(limits, (attemptIndex) => inSlot(() => attempt(attemptIndex))),
    );
  }
  let closing: Promise<void> | null = null;
  return {
    seat: group.seat,
    addresses: node.getMultiaddrs().map((address) => address.toString().replace(/\/p2p\/[^/]+$/, '')),
    node,
    broadcast: (frame) => publisher.publish(encodeFrame(frame)),
    broadcastBytes: publisher.publish,
    peers: received.peers,
    refusals: received.refusals,
    dropped: publisher.dropped,
    close: () => {
      publisher.close();
      for (const each of redials.values()) each.close();
      closing ??= stop();
      return closing;
    },
  };
}

interface Parts {
  readonly limits: TransportLimits;
  readonly topic: string;
  readonly node: Node;
  readonly received: Reception;
  readonly members: Members;
  readonly ready: ReadyPeers;
  readonly publisher: Publisher;
  /** By seat. */
  readonly redials: Map<number, Redial>;
}

/** All parts connected, and none started. */
async function assembled(settings: Libp2pSettings): Promise<Parts> {
  const { events, group, key } = settings;
  const limits = limitsFrom(settings.limits);
  const nowMs = settings.nowMs ?? Date.now;
  const topic = topicOf(group.groupId);
  const received = reception({ group, events, limits, nowMs, later: (run) => void setImmediate(run) });
  const authors = authorsOf({ group, nowMs, clockSkewMs: limits.clockSkewMs });
  const redials = new Map<number, Redial>();
  const members: Members = membersBy({
    authors,
    reception: received,
    limits,
    own: () => own(),
    admitted: (peer, seat) => ready.expect(peer, seat),
    gone: (peer, seat) => {
      ready.gone(peer);
      redials.get(seat)?.lost();
    },
  });
  const node = await newNode({
    topic,
    memberCount: group.members.length,
    listen: settings.listen ?? [],
    limits,
    isAdmitted: async (connection) => (await members.admission.decided(connection)) !== null,
    ...(settings.secret === undefined ? {} : { secret: settings.secret }),
  });
  const { groupId, seat } = group;
  const identity = node.peerId.toMultihash().bytes;
  const own = ownStatement({ key, groupId, seat, identity, nowMs, validMs: limits.statementMs });
  const ready = readyPeers({ node, topic, limits, reception: received, admission: members.admission });
  const seatOfPeer = (peer: PeerId): number | null => members.admission.seatOf(peer.toString());
  const hangUp = (peer: PeerId): void => members.admission.hangUp(peer.toString());
  const { quota } = limits;
  node.services.pubsub.topicValidators.set(
    topic,
    validatorOf({ group, authors, reception: received, quota, nowMs, seatOfPeer, hangUp }),
  );
  await members.follow(node);
  return { limits, topic, node, received, members, ready, publisher: publisherOn(node, topic, own), redials };
}
