import type { PublicIdentity } from '../keys/port.ts';

/** A message of a group on the wire. `payload` belongs to the profile, which checks it. */
export interface Frame {
  /** Names the kind of payload; at most {@link MAX_FRAME_TYPE_BYTES} of ASCII. */
  readonly type: string;
  /** At most {@link MAX_FRAME_BYTES}. */
  readonly payload: Uint8Array;
}

export const MAX_FRAME_BYTES = 16 * 1024;

export const MAX_FRAME_TYPE_BYTES = 64;

/** A member as the transport knows it: the seat is its index in the group. */
export interface TransportMember extends PublicIdentity {
  readonly seat: number;
  /**
   * The addresses at which it can be reached, in the form of the transport. Empty: it connects to this
   * member.
   */
  readonly addresses: readonly string[];
}

/** The group that a transport connects. Only its members are let in. */
export interface TransportGroup {
  /** 32 bytes. */
  readonly groupId: Uint8Array;
  readonly members: readonly TransportMember[];
  /** The seat of this process. */
  readonly seat: number;
}

/**
 * A frame that arrived. The author is a member and was authenticated, also if another member passed the frame
 * on.
 */
export interface Arrival {
  readonly seat: number;
  readonly frame: Frame;
}

/** Why data from the network was not delivered. */
export const TRANSPORT_REFUSALS = {
  'not-a-member': 'the sender is not a member of the group',
  'bad-signature': 'the proof of identity is not valid or has expired',
  malformed: 'the bytes are not a frame',
  'too-large': 'the frame is larger than allowed',
  'over-quota': 'the member exceeds its quota; frames count again when it refills',
  'queue-full': 'frames of this member arrived faster than they were handled',
  expired:
    'the frame is about a window that is over; a member that keeps sending such frames loses its connection',
  duplicate: 'the same frame came before',
  'own-key-elsewhere':
    'another process runs with the key of this member. This one signs nothing until it is restarted. Stop the other one first',
  'two-processes': 'two processes run with the key of the member; ask its operator to stop one',
  'own-past': 'the frame is of this member itself, from before its start',
  'wrong-group': 'the peer belongs to another group',
  'wrong-key': 'the key of the peer or of the author is not a secp256k1 key',
} as const;

export type TransportRefusal = keyof typeof TRANSPORT_REFUSALS;

export interface PeerState {
  readonly seat: number;
  readonly isConnected: boolean;
  readonly arrived: number;
  readonly refused: number;
}

/**
 * Frames of one group, best effort: each arrives at every reachable member, at least once, in any order.
 * Queues are bounded for each member, so one that floods cannot crowd out another.
 */
export interface Transport {
  readonly seat: number;
  /**
   * Sends a frame to all other members. Never waits; a frame without room is dropped and counted. Throws a
   * RangeError for a frame that is too large.
   */
  broadcast(frame: Frame): void;
  peers(): readonly PeerState[];
  /** Refusals by reason since the start. */
  refusals(): ReadonlyMap<TransportRefusal, number>;
  /** Ends all connections. Bounded; never throws. */
  close(): Promise<void>;
}

/** The handlers of a transport. They must not throw; `arrived` is called in order per member. */
export interface TransportEvents {
  arrived(arrival: Arrival): void;
  /**
   * Whether a frame is about an ended window. Such a frame is charged to the peer that passed it on, not to
   * its author.
   */
  isExpired?(frame: Frame): boolean;
  refused?(reason: TransportRefusal, seat: number | null): void;
  connected?(seat: number): void;
  disconnected?(seat: number): void;
}
