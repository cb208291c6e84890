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

/** The one protocol of a node that floods: then its peers send it everything and ask for nothing. */
const FLOODSUB = '/floodsub/1.0.0';

/** How long a message is known again: longer than any repeat of it travels. */
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
  /** Flood as keep-core does, under this key and with packets of at most so many bytes. Left out: gossip. */
  readonly flood?: { readonly privateKey: PrivateKey; readonly maxPacketBytes: number };
  readonly limits: TransportLimits;
  readonly isAdmitted: (connection: Connection) => Promise<boolean>;
}

/** A node that is not started. */
export async function newNode(settings: NodeSettings): Promise<Node> {
  const { limits, listen } = settings;
  // The monitor asks again while an answer is still out, and takes a refused stream for a dead connection.
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
      // Per second and host; all members may be behind one address.
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
      // A peer is identified only after it proved to be a member: gossip turns to it because of that.
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
 * other, so the mesh is thin: each message is passed on to about three.
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
    // A signature that was good once names one message, so a repeat need not be verified again.
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

/** Scores that do not count. The library requires every number, also those of a part whose weight is 0. */
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
 * Members are known by name, so they need no trust score, and a slow one is not an attacker. Only one thing
 * counts: passing on messages that every honest member refuses. About nine of them within seconds, and the
 * peer is ignored for a moment.
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
