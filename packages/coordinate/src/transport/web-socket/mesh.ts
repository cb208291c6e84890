import type { WebSocket } from 'ws';
import { encodeFrame } from '../frame-codec.ts';
import { checkGroup, isDialedBy, othersOf } from '../group.ts';
import { limitsFrom, type TransportLimits } from '../limits.ts';
import type { Transport } from '../port.ts';
import { type Reception, reception } from '../reception.ts';
import type { TransportSettings } from '../settings.ts';
import { type HostPort, hostPortText, webSocketUrl } from './address.ts';
import { type Dialer, dial } from './dialer.ts';
import { type Handshake, initiate, respond } from './handshake.ts';
import { type Link, linkOver } from './link.ts';
import { type Listener, listenOn } from './listener.ts';

export interface WebSocketSettings extends TransportSettings {
  /** Where to listen; port 0 takes a free one. Left out: this member only dials. */
  readonly listen?: HostPort;
}

/** Frames over one connection for each pair of members. */
export interface WebSocketTransport extends Transport {
  /** `host:port` that others can dial, or null where nothing listens. */
  readonly address: string | null;
  /** Frames that were not sent to a member, because it reads too slowly or is not connected, by its seat. */
  dropped(): ReadonlyMap<number, number>;
}

/** The transport, and a way to send what its own encoder would not. */
export interface WebSocketMesh extends WebSocketTransport {
  broadcastBytes(bytes: Uint8Array): void;
}

/** Rejects where it cannot listen. Throws a RangeError for a group or an address that makes no sense. */
export async function openMesh(settings: WebSocketSettings): Promise<WebSocketMesh> {
  const { group, key, events } = settings;
  checkGroup(group, key);
  const limits = limitsFrom(settings.limits);
  const dialed = othersOf(group)
    .filter((other) => isDialedBy(group, other))
    .map(({ seat, addresses }) => ({ seat, urls: addresses.map(webSocketUrl) }));
  const nowMs = settings.nowMs ?? Date.now;
  const received = reception({ group, events, limits, nowMs, later: (run) => void setImmediate(run) });
  const links = linksInto(received, limits);
  const identity = { group, key, nowMs, clockSkewMs: limits.clockSkewMs, statementMs: limits.statementMs };

  const listener: Listener | null =
    settings.listen === undefined
      ? null
      : await listenOn(settings.listen, limits, (socket, isProven) =>
          links.add(socket, respond(identity), isProven),
        );
  const dialers: readonly Dialer[] = dialed.map(({ seat, urls }) => {
    const dialer = dial(urls, limits, (socket) =>
      links.add(socket, initiate(identity, seat), () => dialer.succeeded()),
    );
    return dialer;
  });

  const dropped = new Map<number, number>();
  const broadcastBytes = (bytes: Uint8Array): void => {
    for (const { seat } of othersOf(group)) {
      if (!links.send(seat, bytes)) dropped.set(seat, (dropped.get(seat) ?? 0) + 1);
    }
  };
  let closing: Promise<void> | null = null;
  return {
    seat: group.seat,
    address: listener === null ? null : hostPortText(listener.address),
    broadcast: (frame) => broadcastBytes(encodeFrame(frame)),
    broadcastBytes,
    peers: received.peers,
    refusals: received.refusals,
    dropped: () => new Map(dropped),
    close: () => {
      closing ??= closed(received, dialers, links, listener);
      return closing;
    },
  };
}

async function closed(
  received: Reception,
  dialers: readonly Dialer[],
  links: Links,
  listener: Listener | null,
): Promise<void> {
  received.close();
  for (const dialer of dialers) dialer.close();
  await links.close();
  listener?.close();
}

interface Links {
  add(socket: WebSocket, handshake: Handshake, isProven: () => void): void;
  send(seat: number, frame: Uint8Array): boolean;
  close(): Promise<void>;
}

/** All connections; for each member the last one that it proved, since a member that restarts leaves a dead one behind. */
function linksInto(received: Reception, limits: TransportLimits): Links {
  const all = new Set<Link>();
  const current = new Map<number, Link>();
  let isClosing = false;
  let emptied: (() => void) | null = null;

  return {
    add: (socket, handshake, isProven) => {
      if (isClosing) {
        socket.terminate();
        return;
      }
      const link = linkOver(socket, handshake, limits, {
        proven: (seat) => {
          isProven();
          const previous = current.get(seat);
          current.set(seat, link);
          received.connected(seat);
          previous?.terminate();
        },
        frame: received.take,
        keepAlive: received.charge,
        refused: received.refuse,
        closed: (seat) => {
          all.delete(link);
          if (seat !== null) {
            if (current.get(seat) === link) current.delete(seat);
            received.disconnected(seat);
          }
          if (all.size === 0) emptied?.();
        },
      });
      all.add(link);
    },
    send: (seat, frame) => current.get(seat)?.send(frame) ?? false,
    close: async () => {
      isClosing = true;
      if (all.size === 0) return;
      for (const link of all) link.close();
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(() => {
          for (const link of all) link.terminate();
        }, limits.closeMs);
        emptied = () => {
          clearTimeout(deadline);
          resolve();
        };
      });
    },
  };
}
