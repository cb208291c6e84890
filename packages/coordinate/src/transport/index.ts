export { DEFAULT_LIMITS, type TransportLimits } from './limits.ts';
export {
  type GossipMeasure,
  type GossipMember,
  gossipMember,
  measureGossip,
} from './measure-gossip.ts';
export {
  type InFlight,
  type MemoryNetwork,
  type MemoryTransport,
  type MemoryTransportSettings,
  memoryNetwork,
} from './memory/index.ts';
export {
  type Arrival,
  type Frame,
  MAX_FRAME_BYTES,
  MAX_FRAME_TYPE_BYTES,
  type PeerState,
  TRANSPORT_REFUSALS,
  type Transport,
  type TransportEvents,
  type TransportGroup,
  type TransportMember,
  type TransportRefusal,
} from './port.ts';
export type { TransportSettings } from './settings.ts';
