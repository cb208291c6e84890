import type { OpenTransport } from '@watchbill/coordinate';

type TransportEvents = Parameters<OpenTransport>[0];
type Transport = Awaited<ReturnType<OpenTransport>>;
type Frame = Parameters<Transport['broadcast']>[0];

/** A network between operators in one process, a channel for each wallet. It names the true sender: no operator can impersonate another. */
export interface Loopback {
  /** Opens the transport of one operator on a channel. */
  join(channel: string, seat: number, operators: number): OpenTransport;
  /** Frames that were handed over since the start. */
  delivered(): number;
}

/** Frames under way; more are lost, as in any network. */
const MAX_UNDER_WAY = 10_000;

export function loopback(): Loopback {
  const channels = new Map<string, Map<number, TransportEvents>>();
  let underWay = 0;
  let delivered = 0;

  const send = (channel: ReadonlyMap<number, TransportEvents>, from: number, frame: Frame): void => {
    for (const [seat, events] of channel) {
      if (seat === from || underWay >= MAX_UNDER_WAY) continue;
      underWay += 1;
      setImmediate(() => {
        underWay -= 1;
        delivered += 1;
        if (channel.get(seat) === events) events.arrived({ seat: from, frame });
      });
    }
  };

  return {
    delivered: () => delivered,
    join: (name, seat, operators) => async (events) => {
      const channel = channels.get(name) ?? new Map<number, TransportEvents>();
      channels.set(name, channel.set(seat, events));
      const others = Array.from({ length: operators }, (_, other) => other).filter((other) => other !== seat);
      return {
        seat,
        broadcast: (frame) => send(channel, seat, frame),
        peers: () =>
          others.map((other) => ({ seat: other, isConnected: channel.has(other), arrived: 0, refused: 0 })),
        refusals: () => new Map(),
        close: async () => void channel.delete(seat),
      };
    },
  };
}
