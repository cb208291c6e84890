import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { type GossipSub, type GossipSubComponents, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Connection, Libp2p, PrivateKey } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';

import { createLibp2p } from 'libp2p';
import { MAX_ENCODED_FRAME_BYTES } from '../frame-codec.ts';
import type { TransportLimits } from '../limits.ts';
import { MAX_STATEMENT_BYTES } from '../statement.ts';
import { gatedRegistrar } from './gated-registrar.ts';
import { steadyYamux } from './steady-yamux.ts';

export type Node = Libp2p<{ identify: Identify; ping: Ping; pubsub: GossipSub }>;

/** The data of one gossip message. */
const MAX_DATA_BYTES = 2 + MAX_STATEMENT_BYTES + MAX_ENCODED_FRAME_BYTES;

/** The only protocol of a node that floods. Its peers then send it everything, and request nothing. */
const FLOODSUB = '/floodsub/1.0.0';

/** How long a message is recognised as a duplicate: longer than its repeats travel. */
const SEEN_MS = 5 * 60_000;

/** One packet of gossip may carry several messages, if a member asks for missed ones. */
const MAX_RPC_BYTES = 64 * MAX_DATA_BYTES;

export interface NodeSettings {
  readonly topic: string;
  readonly memberCount: number;
  /** Multiaddrs; none: this node only dials. */
  readonly listen: readonly string[];
  /** Seed of the ed25519 key of the node, 32 bytes; a fresh one if left out. */
  readonly secret?: Uint8Array;
  /** Floods as keep-core does, with this key and this largest packet. If left out, the node gossips. */
  readonly flood?: { readonly privateKey: PrivateKey; readonly maxPacketBytes: number };
  readonly limits: TransportLimits;
  readonly isAdmitted: (connection: Connection) => Promise<boolean>;
}

/** A node that is not started. */
export async function newNode(settings: NodeSettings): Promise<Node> {
  const { limits, listen } = settings;
  // The monitor would ask again before an answer arrives, and take a refused stream for a dead connection.
  const pingsUnderWay = 2 + Math.ceil(limits.silenceMs / limits.keepAliveMs);
  return createLibp2p({
    start: false,
    privateKey: settings.flood?.privateKey ?? (await keyFrom(settings.secret)),
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [steadyYamux()],
    connectionManager: {
      maxConnections: 2 * settings.memberCount + limits.unauthenticated,
      maxIncomingPendingConnections: limits.unauthenticated,
      // Per second and host, because all members may share one address.
      inboundConnectionThreshold: settings.memberCount + limits.unauthenticated,
      dialTimeout: limits.handshakeMs,
      inboundUpgradeTimeout: limits.handshakeMs,
      connectionCloseTimeout: Math.min(1_000, limits.closeMs),
      reconnectRetries: 0,
    },
    connectionMonitor: {
      pingInterval: limits.keepAliveMs,
      pingTimeout: { minTimeout: limits.silenceMs, maxTimeout: limits.silenceMs },
    },
    services: {
      // A peer is identified only after it has proven that it is a member, because then gossip contacts it.
      identify: identify({ runOnConnectionOpen: false }),
      ping: ping({ maxInboundStreams: pingsUnderWay, maxOutboundStreams: pingsUnderWay }),
      pubsub: gossipOver(settings),
    },
  });
}

function keyFrom(secret: Uint8Array | undefined): Promise<PrivateKey> {
  return secret === undefined ? generateKeyPair('Ed25519') : generateKeyPairFromSeed('Ed25519', secret);
}

/**
 * A publisher sends to all peers that it knows. Others pass messages on only for pairs that cannot reach each
 * other. So the mesh is thin: each message goes on to about three members.
 */
function gossipOver({
  flood,
  isAdmitted,
  limits,
  topic,
}: NodeSettings): (components: GossipSubComponents) => GossipSub {
  const make = gossipsub({
    globalSignaturePolicy: 'StrictSign',
    allowedTopics: [topic],
    floodPublish: true,
    batchPublish: true,
    allowPublishToZeroTopicPeers: true,
    fallbackToFloodsub: flood !== undefined,
    emitSelf: false,
    doPX: false,
    D: 3,
    Dlo: 2,
    Dhi: 5,
    Dscore: 1,
    Dout: 1,
    Dlazy: 3,
    seenTTL: SEEN_MS,
    // A valid signature identifies one message, so a repeat needs no second verification.
    fastMsgIdFn: ({ signature }) => Buffer.from(signature ?? []).toString('latin1'),
    maxInboundDataLength: flood?.maxPacketBytes ?? MAX_RPC_BYTES,
    maxOutboundBufferSize: limits.sendBufferBytes,
    decodeRpcLimits: {
      maxSubscriptions: 4,
      maxMessages: 1_024,
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 64,
      maxPeerInfos: 1,
    },
    scoreThresholds: { gossipThreshold: -40, publishThreshold: -60, graylistThreshold: -80 },
    scoreParams: scoring(topic),
  });
  return (components) =>
    make({
      privateKey: components.privateKey,
      peerId: components.peerId,
      peerStore: components.peerStore,
      registrar: gatedRegistrar(components.registrar, isAdmitted, flood === undefined ? null : FLOODSUB),
      connectionManager: components.connectionManager,
      logger: components.logger,
    });
}

/** Scores without effect. The library requires every number, even those of a part with weight 0. */
const UNWEIGHTED = {
  timeInMeshWeight: 0,
  timeInMeshQuantum: 1,
  timeInMeshCap: 1,
  firstMessageDeliveriesWeight: 0,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 1,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 1,
  meshMessageDeliveriesActivation: 1_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
} as const;

/**
 * Members are authenticated, so they need no trust score, and a slow member is not an attacker. Only messages
 * that every honest member refuses count. A peer that passes on about nine of them within seconds is ignored
 * for a moment.
 */
function scoring(topic: string) {
  return {
    IPColocationFactorWeight: 0,
    behaviourPenaltyWeight: 0,
    topics: {
      [topic]: {
        ...UNWEIGHTED,
        topicWeight: 1,
        invalidMessageDeliveriesWeight: -1,
        invalidMessageDeliveriesDecay: 0.8,
      },
    },
  };
}
