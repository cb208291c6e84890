import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import type { Seats } from '../group.ts';
import { begun, dialedMembers, type LivingParts } from '../libp2p/life.ts';
import { type Node, newNode } from '../libp2p/node.ts';
import { readyPeers } from '../libp2p/ready-peers.ts';
import type { Redial } from '../libp2p/redial.ts';
import { DEFAULT_LIMITS, type TransportLimits } from '../limits.ts';
import type { Frame, Transport, TransportEvents, TransportMember, TransportRefusal } from '../port.ts';
import { reception } from '../reception.ts';
import { type Connections, connectionsBy } from './connections.ts';
import { decodeEnvelope, encodeEnvelope, MAX_PACKET_BYTES } from './envelope.ts';
import { seatsByAddress } from './operators.ts';
import { type HeardNumbers, heardNumbers, ownNumbers } from './sequence.ts';
import { channelValidator } from './validator.ts';

/** An operator on a channel; the seat is its place among the operators. */
export interface ChannelMember extends Pick<TransportMember, 'seat' | 'addresses'> {
  /** Its Ethereum address, with the checksum of EIP-55. */
  readonly operator: string;
}

export interface ChannelSettings {
  /** See `channelName`. */
  readonly name: string;
  readonly group: Seats<ChannelMember>;
  /**
   * The operator's secp256k1 secret, 32 bytes: it is the key of the node, so the peer id is that of the
   * operator.
   */
  readonly secret: Uint8Array;
  readonly events: TransportEvents;
  /** Multiaddrs to listen on; none: it only dials. */
  readonly listen?: readonly string[];
  readonly limits?: Partial<TransportLimits>;
}

/** A broadcast channel of keep-core: FloodSub over libp2p, with the operators' keys. */
export interface Channel extends Transport {
  readonly peerId: string;
  /** Multiaddrs where it listens, without the peer id. */
  readonly addresses: readonly string[];
  /** Forgets all received sequence numbers. */
  windowBegins(): void;
  /** Sends bytes that its own encoder would not, for tests. */
  broadcastBytes(bytes: Uint8Array): void;
  readonly node: Node;
}

/** Messages have up to 1 MiB here, and an honest member sends one per window, with repeats. */
const CHANNEL_LIMITS: Partial<TransportLimits> = {
  quota: { perSecond: 5, burst: 100 },
  queuedFrames: 16,
  sendBufferBytes: 8 * 2 ** 20,
};

/** Messages that wait for a signature with the node's key. */
const MAX_PUBLISHING = 64;

/**
 * Rejects if it cannot listen. Throws a RangeError if the secret is not that of the group's own seat, and an
 * Error for an address that is not a multiaddr.
 */
export async function openChannel(settings: ChannelSettings): Promise<Channel> {
  const { group } = settings;
  const dialed = dialedMembers(group);
  const { heard, publicKey, ...parts } = await assembled(settings);
  const { node } = parts;
  const life = await begun(parts, dialed);
  const numbers = ownNumbers();
  const publish = publisherOn(node, settings.name);
  return {
    ...life,
    seat: group.seat,
    peerId: node.peerId.toString(),
    node,
    broadcast: ({ type, payload }) =>
      publish(encodeEnvelope({ publicKey, payload, type, sequence: numbers.of(type, payload) })),
    broadcastBytes: publish,
    windowBegins: heard.windowBegins,
  };
}

interface Parts extends LivingParts {
  /** Of this operator, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly heard: HeardNumbers;
}

/** All parts, connected but not started. */
async function assembled(settings: ChannelSettings): Promise<Parts> {
  const { events, group, name } = settings;
  const limits = { ...DEFAULT_LIMITS, ...CHANNEL_LIMITS, ...settings.limits };
  const privateKey = privateKeyFromRaw(settings.secret);
  const seatOf = seatsByAddress(group.members.map(({ operator }) => operator));
  const later = (run: () => void): void => void setImmediate(run);
  const received = reception({ group, events, limits, nowMs: Date.now, later, decode: frameOf });
  const heard = heardNumbers();
  const redials = new Map<number, Redial>();
  const connections: Connections = connectionsBy({
    seatOf,
    reception: received,
    limits,
    admitted: (peer, seat) => ready.expect(peer, seat),
    gone: (peer, seat) => {
      ready.gone(peer);
      redials.get(seat)?.lost();
    },
  });
  const node = await newNode({
    topic: name,
    memberCount: group.members.length,
    listen: settings.listen ?? [],
    limits,
    isAdmitted: async (connection) => (await connections.admission.decided(connection)) !== null,
    flood: { privateKey, maxPacketBytes: MAX_PACKET_BYTES },
  });
  if (seatOf(node.peerId) !== group.seat)
    throw new RangeError(
      `the key does not belong to ${group.members[group.seat]?.operator ?? 'an operator'}`,
    );
  const { admission } = connections;
  const ready = readyPeers({ node, topic: name, limits, reception: received, admission });
  node.services.pubsub.topicValidators.set(
    name,
    channelValidator({
      seatOf,
      reception: received,
      heard,
      seatOfPeer: (peer) => admission.seatOf(peer.toString()),
    }),
  );
  connections.follow(node);
  const publicKey = privateKey.publicKey.raw;
  return { topic: name, limits, node, publicKey, received, heard, admission, ready, redials };
}

function frameOf(bytes: Uint8Array): Frame | TransportRefusal {
  const envelope = decodeEnvelope(bytes);
  return typeof envelope === 'string' ? envelope : { type: envelope.type, payload: envelope.payload };
}

function publisherOn(node: Node, topic: string): (data: Uint8Array) => void {
  let publishing = 0;
  const ended = (): void => {
    publishing -= 1;
  };
  return (data) => {
    if (publishing >= MAX_PUBLISHING || node.status !== 'started') return;
    publishing += 1;
    node.services.pubsub.publish(topic, data).then(ended, ended);
  };
}
