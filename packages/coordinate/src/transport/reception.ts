import { decodeFrame } from './frame-codec.ts';
import { othersOf, type Seats } from './group.ts';
import { inbox } from './inbox.ts';
import type { TransportLimits } from './limits.ts';
import type { Frame, PeerState, TransportEvents, TransportRefusal } from './port.ts';
import { tokenBucket } from './token-bucket.ts';

/** The common handling of arriving bytes: quota, decoding, queues, counts. */
export interface Reception {
  /**
   * Bytes of a frame whose author is authenticated, from the author or from `via`, which passed it on and is
   * charged for it. Null if the frame will be delivered; otherwise the reason, which is counted.
   */
  take(seat: number, bytes: Uint8Array, via?: number): TransportRefusal | null;
  /** Charges a member for data that is not a frame. Null, or `over-quota`, which is counted. */
  charge(seat: number): TransportRefusal | null;
  /** Counts refused data, with its author if that is known. */
  refuse(reason: TransportRefusal, seat: number | null): void;
  /** Connections of a member, counted: the first and the last of them are reported. */
  connected(seat: number): void;
  disconnected(seat: number): void;
  peers(): readonly PeerState[];
  refusals(): ReadonlyMap<TransportRefusal, number>;
  close(): void;
}

interface Line {
  connectionCount: number;
  arrived: number;
  refused: number;
  readonly bucket: { take(): boolean };
  /** Its frames that others passed on, by the seat that did. */
  readonly passedOn: ReadonlyMap<number, { take(): boolean }>;
}

export interface ReceptionOptions {
  readonly group: Seats;
  readonly events: TransportEvents;
  readonly limits: Pick<TransportLimits, 'quota' | 'queuedFrames'>;
  readonly nowMs: () => number;
  /** Schedules the delivery of waiting frames; the memory transport delivers at once. */
  readonly later: (run: () => void) => void;
  /** Decodes a frame; by default, a frame of `quorum`. */
  readonly decode?: (bytes: Uint8Array) => Frame | TransportRefusal;
}

/** The reception of one transport. */
export function reception(options: ReceptionOptions): Reception {
  const { decode = decodeFrame, events, group, limits } = options;
  const lines = linesOf(group, () => tokenBucket(limits.quota, options.nowMs));
  const refusals = new Map<TransportRefusal, number>();
  let isClosed = false;

  const refuse = (reason: TransportRefusal, seat: number | null): void => {
    refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
    const line = seat === null ? undefined : lines.get(seat);
    if (line !== undefined) line.refused += 1;
    if (!isClosed) events.refused?.(reason, seat);
  };
  const waiting = inbox<Frame>(limits.queuedFrames, options.later, (seat, frame) => {
    const line = lines.get(seat);
    if (line !== undefined) line.arrived += 1;
    events.arrived({ seat, frame });
  });

  return {
    take: (seat, bytes, via = seat) => {
      const bucket = via === seat ? lines.get(seat)?.bucket : lines.get(seat)?.passedOn.get(via);
      const isExpired = (frame: Frame) => events.isExpired?.(frame) === true;
      const reason = reasonAgainst(bucket, decode(bytes), {
        isExpired,
        offer: (frame) => waiting.offer(seat, frame),
      });
      if (reason !== null) refuse(reason, reason === 'expired' ? via : seat);
      return reason;
    },
    charge: (seat) => {
      if (lines.get(seat)?.bucket.take() !== false) return null;
      refuse('over-quota', seat);
      return 'over-quota';
    },
    refuse,
    connected: (seat) => {
      const line = lines.get(seat);
      if (line === undefined) return;
      line.connectionCount += 1;
      if (line.connectionCount === 1 && !isClosed) events.connected?.(seat);
    },
    disconnected: (seat) => {
      const line = lines.get(seat);
      if (line === undefined || line.connectionCount === 0) return;
      line.connectionCount -= 1;
      if (line.connectionCount === 0 && !isClosed) events.disconnected?.(seat);
    },
    peers: () => [...lines].map(([seat, line]) => peerState(seat, line)),
    refusals: () => new Map(refusals),
    close: () => {
      isClosed = true;
      waiting.close();
    },
  };
}

function peerState(seat: number, { connectionCount, arrived, refused }: Line): PeerState {
  return { seat, isConnected: connectionCount > 0, arrived, refused };
}

function linesOf(group: Seats, share: () => Line['bucket']): ReadonlyMap<number, Line> {
  const seats = othersOf(group).map(({ seat }) => seat);
  return new Map(
    seats.map((seat): [number, Line] => {
      const passedOn = new Map(seats.map((via) => [via, share()]));
      return [seat, { connectionCount: 0, arrived: 0, refused: 0, bucket: share(), passedOn }];
    }),
  );
}

/**
 * An expired frame does not use its author's quota, because then one member could use up that of another. All
 * other data does, even if it cannot be read.
 */
function reasonAgainst(
  bucket: { take(): boolean } | undefined,
  frame: Frame | TransportRefusal,
  { isExpired, offer }: { isExpired(frame: Frame): boolean; offer(frame: Frame): boolean },
): TransportRefusal | null {
  if (bucket === undefined) return 'not-a-member';
  if (typeof frame !== 'string' && isExpired(frame)) return 'expired';
  if (!bucket.take()) return 'over-quota';
  if (typeof frame === 'string') return frame;
  return offer(frame) ? null : 'queue-full';
}
