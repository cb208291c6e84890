import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { oldestOfMost } from '@watchbill/kit';
import type { Logger } from 'pino';
import type { Deadlines } from '../claim/times.ts';
import type { Metrics } from '../metrics/meter.ts';
import type { Limits } from './context.ts';
import type { Caller } from './identity.ts';

/** Decides which connections stay open, and for how long without a request. */
export interface Admission {
  /** A request has come on its connection. */
  began(request: IncomingMessage, response: ServerResponse): void;
  /**
   * A request has shown its identity: from now on its connection counts for that, and no longer for its
   * address, which others share behind a router. False if the identity has too many connections; then this
   * one is ended.
   */
  belongs(request: IncomingMessage, caller: Caller): boolean;
}

/** Why a connection was ended; also the code under which it is counted. */
type Ending = 'silent-connection' | 'connection-evicted' | 'stalled-body' | 'too-many-connections';

interface Connection {
  readonly id: unknown;
  readonly socket: Socket;
  place: Place;
  /** Running requests. */
  running: number;
  readonly deadline: NodeJS.Timeout;
}

/** The connections of one address, or of one identity. */
interface Place {
  readonly name: string;
  count: number;
  readonly quiet: Quiet;
}

/**
 * Connections that may be ended for another one: those without a running request, and those whose request has
 * shown no identity. The one that asked longest ago comes first.
 */
type Quiet = Set<Connection>;

/**
 * Node answers a slow header with 408 first, within 500 ms. A client that does not close its side then would
 * keep the connection. It must end here, where it is counted, and not by the grace of its answer, 1 s.
 */
const HEADER_GRACE_MS = 750;
const LOG_INTERVAL_MS = 10_000;

/**
 * Ends idle connections, and those of bodies that stall. If there are too many, in all, from one address or
 * of one identity, it closes the one that is quiet longest: an honest request shows its identity within
 * milliseconds. So strangers never keep out a neighbour at their address. If requests of known identities
 * take all places, the one with the most loses one to an identity that has fewer.
 */
export function admitConnections(
  server: Server,
  limits: Limits,
  metrics: Pick<Metrics, 'rejected'>,
  log: Pick<Logger, 'warn'>,
  deadlines: Deadlines,
): Admission {
  const table = connectionTable();
  const ended = endings(metrics, log);
  const { hasRoom, hasShare, makeRoom, end } = roomMaker(table, limits, ended);
  const watchBody = bodyWatch(deadlines, limits.bodyStallMs, (socket) => {
    ended('stalled-body', table.size());
    // Answered as Node has a request answered that takes too long as a whole.
    server.emit(
      'clientError',
      Object.assign(new Error('stalled'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
      socket,
    );
  });
  const deadlineMs = Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs) + HEADER_GRACE_MS;

  function admit(socket: Socket): void {
    const place = table.place(placeOf(socket.remoteAddress));
    // The address first, then the total: a connection closed for its own address also makes room for all
    // others. All of an address are quiet.
    if (place.name !== '' && place.count >= limits.maxConnectionsPerAddress) makeRoom(place.quiet);
    if (table.quiet.size >= limits.maxConnections) makeRoom(table.quiet);
    const id = idOf(socket);
    const deadline = setTimeout(() => end(socket, 'silent-connection'), deadlineMs);
    const connection: Connection = { id, socket, place, running: 0, deadline };
    table.add(connection);
    socket.once('close', () => table.forget(connection));
  }

  server.on('connection', admit);
  return {
    belongs(request, { role, name }) {
      const connection = table.find(request.socket);
      if (connection === undefined) return true;
      const place = table.place(`${role} ${name}`);
      const hasPlace = connection.place.name === place.name || hasRoom(place);
      const admitted = hasPlace && (!table.quiet.has(connection) || hasShare(place));
      if (admitted) table.hold(connection, place);
      else end(request.socket, 'too-many-connections');
      return admitted;
    },
    began(request, response) {
      const connection = table.find(request.socket);
      if (connection === undefined) return;
      clearTimeout(connection.deadline);
      watchBody(request);
      connection.running += 1;
      if (table.quiet.has(connection)) table.hush(connection);
      response.once('close', () => {
        connection.running -= 1;
        if (connection.running === 0 && table.has(connection)) table.hush(connection);
      });
    },
  };
}

/** Makes room for a connection by ending another one. */
function roomMaker(
  table: ReturnType<typeof connectionTable>,
  limits: Limits,
  ended: ReturnType<typeof endings>,
) {
  /** For one more of an identity, whether its request runs or not. */
  function hasRoom({ count, quiet }: Place): boolean {
    return count < limits.maxConnectionsPerAddress || makeRoom(quiet);
  }

  /** For one more running request of an identity. */
  function hasShare({ name }: Place): boolean {
    if (table.held.size < limits.maxConnections) return true;
    return evict(oldestOfMost(table.held, ({ place }) => place.name, name));
  }

  function makeRoom([longest]: Quiet): boolean {
    return evict(longest ?? null);
  }

  function evict(connection: Connection | null): boolean {
    if (connection === null) return false;
    table.forget(connection);
    end(connection.socket, 'connection-evicted');
    return true;
  }

  function end(socket: Socket, why: Ending): void {
    ended(why, table.size());
    socket.destroy();
  }

  return { hasRoom, hasShare, makeRoom, end };
}

/** Calls `stalled` with the socket of a request that is not whole and makes no progress. */
function bodyWatch(
  deadlines: Deadlines,
  stallMs: number,
  stalled: (socket: Socket) => void,
): (request: IncomingMessage) => void {
  return (request) => {
    const { socket } = request;
    const watch = (): (() => void) => {
      const { bytesRead } = socket;
      return deadlines.at(performance.now() + stallMs, () => {
        if (request.complete || socket.destroyed) return;
        if (socket.bytesRead > bytesRead) unwatch = watch();
        else stalled(socket);
      });
    };
    let unwatch = watch();
    request.once('close', () => unwatch());
  };
}

/** The open connections, by their place and by how long they are quiet. */
function connectionTable() {
  const open = new Map<unknown, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  const places = new Map<string, Place>();
  const quiet: Quiet = new Set();
  /** Those that are not quiet, the oldest first. */
  const held = new Set<Connection>();

  function forget(connection: Connection): void {
    if (!has(connection)) return;
    clearTimeout(connection.deadline);
    open.delete(connection.id);
    leave(connection);
  }

  function enter(connection: Connection, place: Place): void {
    connection.place = place;
    places.set(place.name, place);
    place.count += 1;
  }

  function leave(connection: Connection): void {
    held.delete(connection);
    quiet.delete(connection);
    connection.place.quiet.delete(connection);
    connection.place.count -= 1;
    if (connection.place.count === 0) places.delete(connection.place.name);
  }

  /** From now on it is the last to be ended for another one. */
  function hush(connection: Connection): void {
    held.delete(connection);
    for (const among of [quiet, connection.place.quiet]) {
      among.delete(connection);
      among.add(connection);
    }
  }

  function has(connection: Connection): boolean {
    return open.get(connection.id) === connection;
  }

  return {
    ...{ quiet, held, has, hush, forget },
    size: (): number => open.size,
    find: (socket: Socket): Connection | undefined => {
      const known = bySocket.get(socket);
      if (known !== undefined) return has(known) ? known : undefined;
      const connection = open.get(idOf(socket));
      if (connection !== undefined) bySocket.set(socket, connection);
      return connection;
    },
    place: (name: string): Place => places.get(name) ?? { name, count: 0, quiet: new Set() },
    add: (connection: Connection): void => {
      open.set(connection.id, connection);
      enter(connection, connection.place);
      hush(connection);
    },
    /** Its request runs for an identity. */
    hold: (connection: Connection, place: Place): void => {
      leave(connection);
      enter(connection, place);
      held.add(connection);
    },
  };
}

/**
 * The socket of a request over TLS is another object than that of its connection; both know their two ends.
 */
function idOf(socket: Socket): unknown {
  const { remoteAddress, remotePort, localAddress } = socket;
  return remotePort === undefined ? socket : `${remoteAddress} ${remotePort} ${localAddress}`;
}

/**
 * One address of IPv4, one network of IPv6, because a client with one address of a /64 has all. '' for a unix
 * socket.
 */
export function placeOf(address: string | undefined): string {
  const plain = address?.replace(/^::ffff:(?=[0-9.]+$)/, '') ?? '';
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...gap, ...right].slice(0, 4).join(':');
}

/** Counts every ending and logs some, with how many there were since the last line. */
function endings(metrics: Pick<Metrics, 'rejected'>, log: Pick<Logger, 'warn'>) {
  const since = new Map<Ending, number>();
  let loggedMs = Number.NEGATIVE_INFINITY;
  return (why: Ending, open: number): void => {
    metrics.rejected(why);
    since.set(why, (since.get(why) ?? 0) + 1);
    const nowMs = performance.now();
    if (nowMs - loggedMs < LOG_INTERVAL_MS) return;
    loggedMs = nowMs;
    const event = { event: 'connections-ended', ...Object.fromEntries(since), open };
    log.warn(event, 'connections without a request were ended, or there were too many');
    since.clear();
  };
}
