import type { PeerId } from '@libp2p/interface';
import { encodeFrame } from '../frame-codec.ts';
import { checkGroup } from '../group.ts';
import { limitsFrom } from '../limits.ts';
import type { Transport } from '../port.ts';
import { reception } from '../reception.ts';
import type { TransportSettings } from '../settings.ts';
import { authorsOf } from './authors.ts';
import { begun, dialedMembers, type LivingParts } from './life.ts';
import { type Members, membersBy } from './members.ts';
import { type Node, newNode } from './node.ts';
import { ownStatement } from './own-statement.ts';
import { type Publisher, publisherOn } from './publisher.ts';
import { readyPeers } from './ready-peers.ts';
import type { Redial } from './redial.ts';
import { validatorOf } from './validator.ts';

export interface Libp2pSettings extends TransportSettings {
  /**
   * Addresses to listen on, as multiaddrs such as `/ip4/0.0.0.0/tcp/4001`; port 0 takes a free one. None:
   * this member only dials.
   */
  readonly listen?: readonly string[];
  /**
   * Seed of the node's own ed25519 key, 32 bytes, for a constant peer id. If left out, each start has a new
   * one. Not the operator key.
   */
  readonly secret?: Uint8Array;
}

/** Frames over gossipsub. */
export interface Libp2pTransport extends Transport {
  /** Multiaddrs where it listens, without the peer id. */
  readonly addresses: readonly string[];
  /** Frames that were not sent, because too many waited for a signature. */
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

/**
 * Rejects if it cannot listen. Throws a RangeError for an invalid group, and an Error for an invalid address.
 */
export async function openLibp2p(settings: Libp2pSettings): Promise<Libp2pMesh> {
  const { group } = settings;
  checkGroup(group, settings.key);
  const dialed = dialedMembers(group);
  const { publisher, ...parts } = await assembled(settings);
  const life = await begun(parts, dialed);
  return {
    ...life,
    seat: group.seat,
    node: parts.node,
    broadcast: (frame) => publisher.publish(encodeFrame(frame)),
    broadcastBytes: publisher.publish,
    dropped: publisher.dropped,
    close: () => {
      publisher.close();
      return life.close();
    },
  };
}

interface Parts extends LivingParts {
  readonly publisher: Publisher;
}

/** All parts, connected but not started. */
async function assembled(settings: Libp2pSettings): Promise<Parts> {
  const { events, group, key } = settings;
  const limits = limitsFrom(settings.limits);
  const nowMs = settings.nowMs ?? Date.now;
  const topic = topicOf(group.groupId);
  const received = reception({ group, events, limits, nowMs, later: (run) => void setImmediate(run) });
  const { clockSkewMs } = limits;
  const authors = authorsOf({ group, own: () => identity, nowMs, clockSkewMs });
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
  const publisher = publisherOn(node, topic, own);
  const { admission } = members;
  return { limits, topic, node, received, admission, ready, publisher, redials };
}
