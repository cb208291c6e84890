import type { PublicIdentity } from '../../keys/port.ts';
import { sameIdentity } from '../../keys/verify.ts';
import { encodeFrame } from '../frame-codec.ts';
import { checkGroup, othersOf } from '../group.ts';
import { limitsFrom } from '../limits.ts';
import type { Frame, Transport, TransportGroup } from '../port.ts';
import { type Reception, reception } from '../reception.ts';
import type { TransportSettings } from '../settings.ts';

/** As {@link TransportSettings}, with a clock that somebody else drives. */
export interface MemoryTransportSettings extends Omit<TransportSettings, 'nowMs'> {
  readonly nowMs: () => number;
}

/** A transport without a network, and a way to send what its own encoder would not. */
export interface MemoryTransport extends Transport {
  broadcastBytes(bytes: Uint8Array): void;
}

/** A frame between two members that was sent and has not arrived. */
export interface InFlight {
  readonly fromSeat: number;
  readonly toSeat: number;
  readonly bytes: Uint8Array;
}

/**
 * A network inside the process. It is passive: frames wait in flight until the driver delivers, loses or
 * duplicates one. With the same calls and the same `random` (in [0, 1)) everything happens again.
 */
export interface MemoryNetwork {
  join(settings: MemoryTransportSettings): MemoryTransport;
  inFlight(): readonly InFlight[];
  /** Deliver one frame, drawn by `random`; the oldest without it. False if none is in flight. */
  deliverNext(random?: () => number): boolean;
  /** Lose one instead. */
  loseNext(random?: () => number): boolean;
  /** Deliver one and leave it in flight, so that it arrives again. */
  duplicateNext(random?: () => number): boolean;
  /**
   * Frames between these seats and all others do not pass from now on, nor those in flight; also one way,
   * with `direction`.
   */
  isolate(seats: readonly number[], direction?: 'both' | 'from' | 'to'): void;
  /** Everything passes again. Messages that were held back in between are lost. */
  heal(): void;
}

interface Endpoint {
  readonly group: TransportGroup;
  readonly key: PublicIdentity;
  readonly reception: Reception;
}

interface Packet extends InFlight {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

type Barrier = (fromSeat: number, toSeat: number) => boolean;

/** At most this many frames are in flight; more are lost, as in any network. */
const MAX_IN_FLIGHT = 1_000_000;

const OLDEST = (): number => 0;

export function memoryNetwork(): MemoryNetwork {
  const endpoints = new Set<Endpoint>();
  const barriers: Barrier[] = [];
  let packets: Packet[] = [];

  const passes = (from: number, to: number): boolean => !barriers.some((stops) => stops(from, to));
  const isThere = ({ from, to }: Packet): boolean =>
    endpoints.has(to) && passes(from.group.seat, to.group.seat);
  const drawn = (random: () => number, isKept: boolean): Packet | undefined => {
    const at = Math.min(packets.length - 1, Math.floor(random() * packets.length));
    return isKept ? packets[at] : packets.splice(at, 1)[0];
  };
  const send = (from: Endpoint, bytes: Uint8Array): void => {
    if (!endpoints.has(from)) return;
    for (const to of receivers(from, endpoints)) {
      const packet = { from, to, fromSeat: from.group.seat, toSeat: to.group.seat, bytes };
      if (isThere(packet) && packets.length < MAX_IN_FLIGHT) packets.push(packet);
    }
  };
  const leave = (endpoint: Endpoint): void => {
    endpoints.delete(endpoint);
    packets = packets.filter(isThere);
    endpoint.reception.close();
    for (const other of endpoints) {
      const seat = seatOf(endpoint, other.group);
      if (typeof seat === 'number') other.reception.disconnected(seat);
    }
  };

  return {
    join: (settings) => {
      const endpoint = endpointOf(settings);
      meet(endpoint, endpoints);
      endpoints.add(endpoint);
      return transportOf(
        endpoint,
        (bytes) => send(endpoint, bytes),
        () => leave(endpoint),
      );
    },
    inFlight: () => [...packets],
    deliverNext: (random = OLDEST) => arrive(drawn(random, false)),
    loseNext: (random = OLDEST) => drawn(random, false) !== undefined,
    duplicateNext: (random = OLDEST) => arrive(drawn(random, true)),
    isolate: (seats, direction = 'both') => {
      const inside = new Set(seats);
      barriers.push((from, to) => {
        if (inside.has(from) === inside.has(to)) return false;
        return direction === 'both' || inside.has(direction === 'from' ? from : to);
      });
      packets = packets.filter(isThere);
    },
    heal: () => {
      barriers.length = 0;
    },
  };
}

function endpointOf(settings: MemoryTransportSettings): Endpoint {
  const { group, key, events, nowMs } = settings;
  checkGroup(group, key);
  const limits = limitsFrom(settings.limits);
  // The driver decides when a frame arrives, so it is handed over in that moment.
  return { group, key, reception: reception({ group, events, limits, nowMs, later: (run) => run() }) };
}

/** A network authenticates by the key with which an endpoint joined. */
function seatOf(sender: Endpoint, group: TransportGroup): number | 'wrong-group' | 'not-a-member' {
  if (Buffer.compare(sender.group.groupId, group.groupId) !== 0) return 'wrong-group';
  const member = group.members.find((candidate) => sameIdentity(candidate, sender.key));
  return member === undefined || member.seat === group.seat ? 'not-a-member' : member.seat;
}

/** All that the sender takes for members, as a dialer reaches any listener at an address. */
function receivers(from: Endpoint, endpoints: ReadonlySet<Endpoint>): readonly Endpoint[] {
  const others = othersOf(from.group);
  return [...endpoints].filter((to) => to !== from && others.some((other) => sameIdentity(other, to.key)));
}

function meet(newcomer: Endpoint, endpoints: ReadonlySet<Endpoint>): void {
  for (const other of endpoints) {
    const theirs = seatOf(newcomer, other.group);
    const ours = seatOf(other, newcomer.group);
    if (typeof theirs === 'number' && typeof ours === 'number') {
      other.reception.connected(theirs);
      newcomer.reception.connected(ours);
    }
  }
}

function arrive(packet: Packet | undefined): boolean {
  if (packet === undefined) return false;
  const { from, to, bytes } = packet;
  const seat = seatOf(from, to.group);
  if (typeof seat === 'number') to.reception.take(seat, bytes);
  else to.reception.refuse(seat, null);
  return true;
}

function transportOf(
  endpoint: Endpoint,
  send: (bytes: Uint8Array) => void,
  leave: () => void,
): MemoryTransport {
  return {
    seat: endpoint.group.seat,
    broadcast: (frame: Frame) => send(encodeFrame(frame)),
    broadcastBytes: send,
    peers: endpoint.reception.peers,
    refusals: endpoint.reception.refusals,
    close: async () => leave(),
  };
}
