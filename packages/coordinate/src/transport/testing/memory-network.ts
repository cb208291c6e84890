import type { PublicIdentity } from '../../keys/port.ts';
import { sameIdentity } from '../../keys/verify.ts';
import { encodeFrame } from '../frame-codec.ts';
import { checkGroup, othersOf } from '../group.ts';
import { limitsFrom } from '../limits.ts';
import type { Transport, TransportGroup } from '../port.ts';
import { type Reception, reception } from '../reception.ts';
import type { TransportSettings } from '../settings.ts';

/** As {@link TransportSettings}, with a clock that somebody else drives. */
interface MemoryTransportSettings extends Omit<TransportSettings, 'nowMs'> {
  readonly nowMs: () => number;
}

/**
 * A network of one group inside the process. It is passive: frames wait, the oldest first, until the driver
 * delivers one.
 */
export interface MemoryNetwork {
  join(settings: MemoryTransportSettings): Transport;
  /** False if no frame waits. */
  deliverNext(): boolean;
}

interface Endpoint {
  readonly group: TransportGroup;
  readonly key: PublicIdentity;
  readonly reception: Reception;
}

export function memoryNetwork(): MemoryNetwork {
  const endpoints = new Set<Endpoint>();
  let packets: { readonly seat: number; readonly to: Endpoint; readonly bytes: Uint8Array }[] = [];
  const send = ({ group }: Endpoint, bytes: Uint8Array): void => {
    const others = othersOf(group);
    for (const to of endpoints)
      if (others.some((other) => sameIdentity(other, to.key))) packets.push({ seat: group.seat, to, bytes });
  };
  const leave = (endpoint: Endpoint): void => {
    endpoints.delete(endpoint);
    packets = packets.filter(({ to }) => to !== endpoint);
    endpoint.reception.close();
    for (const other of endpoints) other.reception.disconnected(endpoint.group.seat);
  };
  return {
    join: (settings) => {
      const endpoint = endpointOf(settings);
      for (const other of endpoints) {
        other.reception.connected(endpoint.group.seat);
        endpoint.reception.connected(other.group.seat);
      }
      endpoints.add(endpoint);
      return {
        seat: endpoint.group.seat,
        broadcast: (frame) => endpoints.has(endpoint) && send(endpoint, encodeFrame(frame)),
        peers: endpoint.reception.peers,
        refusals: endpoint.reception.refusals,
        close: async () => leave(endpoint),
      };
    },
    deliverNext: () => {
      const packet = packets.shift();
      packet?.to.reception.take(packet.seat, packet.bytes);
      return packet !== undefined;
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
