import type { Connection } from '@libp2p/interface';
import type { TransportLimits } from '../limits.ts';

/** Decides which connections belong to members. */
export interface Admission {
  /**
   * The seat of the other end once it has proven it, null if it did not in time. One answer for each
   * connection.
   */
  decided(connection: Connection): Promise<number | null>;
  /** Decides, once. Null also closes the connection. */
  decide(connection: Connection, seat: number | null): void;
  /** The seat of a peer that has an admitted connection. */
  seatOf(peer: string): number | null;
  /** End the connections of a peer. */
  hangUp(peer: string): void;
  /** Connections of members. */
  admitted(): readonly Connection[];
  /** The connection has ended. */
  ended(connection: Connection): void;
  close(): void;
}

interface Entry {
  readonly connection: Connection;
  readonly answer: Promise<number | null>;
  readonly settle: (seat: number | null) => void;
  readonly deadline: ReturnType<typeof setTimeout>;
  /** Undefined until it is decided. */
  seat: number | null | undefined;
}

/** One live connection, and one left over from a restart. */
const MAX_CONNECTIONS_PER_SEAT = 2;

/**
 * Every connection must be decided within `handshakeMs`. At most `unauthenticated` connections wait; a
 * further one closes the oldest.
 */
export function admission(limits: Pick<TransportLimits, 'handshakeMs' | 'unauthenticated'>): Admission {
  const entries = new Map<string, Entry>();
  const seats = new Map<string, number>();

  const decide = (entry: Entry, seat: number | null): void => {
    if (entry.seat !== undefined) return;
    entry.seat = seat;
    clearTimeout(entry.deadline);
    entry.settle(seat);
    if (seat === null) {
      hangUp(entry.connection);
      return;
    }
    seats.set(entry.connection.remotePeer.toString(), seat);
    const oldestFirst = entriesWhere((other) => other.seat === seat);
    for (const { connection } of oldestFirst.slice(0, -MAX_CONNECTIONS_PER_SEAT)) hangUp(connection);
  };
  const entriesWhere = (holds: (entry: Entry) => boolean): readonly Entry[] =>
    [...entries.values()].filter(holds);
  const entryOf = (connection: Connection): Entry => {
    const known = entries.get(connection.id);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<number | null>();
    const deadline = setTimeout(() => decide(entry, null), limits.handshakeMs);
    const entry: Entry = { connection, answer: promise, settle: resolve, deadline, seat: undefined };
    if (connection.status === 'open') entries.set(connection.id, entry);
    else decide(entry, null);
    const undecided = entriesWhere((other) => other.seat === undefined);
    for (const oldest of undecided.slice(0, -limits.unauthenticated)) decide(oldest, null);
    return entry;
  };

  return {
    decided: (connection) => entryOf(connection).answer,
    decide: (connection, seat) => decide(entryOf(connection), seat),
    seatOf: (peer) => seats.get(peer) ?? null,
    hangUp: (peer) => {
      const own = entriesWhere(({ connection }) => connection.remotePeer.toString() === peer);
      for (const { connection } of own) hangUp(connection);
    },
    admitted: () => entriesWhere(({ seat }) => typeof seat === 'number').map(({ connection }) => connection),
    ended: (connection) => {
      const entry = entries.get(connection.id);
      if (entry !== undefined) decide(entry, null);
      entries.delete(connection.id);
      const peer = connection.remotePeer.toString();
      const others = entriesWhere(({ seat }) => typeof seat === 'number');
      if (!others.some((other) => other.connection.remotePeer.toString() === peer)) seats.delete(peer);
    },
    close: () => {
      for (const entry of entries.values()) decide(entry, null);
    },
  };
}

function hangUp(connection: Connection): void {
  connection.abort(
    new Error('the peer is not a member of the group, its connection was replaced, or it sends too much'),
  );
}
