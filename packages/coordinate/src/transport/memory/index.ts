export {
  type InFlight,
  type MemoryNetwork,
  type MemoryTransport,
  type MemoryTransportSettings,
  memoryNetwork,
} from './network.ts';
