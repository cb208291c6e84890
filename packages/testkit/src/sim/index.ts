export { assertKept, findViolation, type Violation } from './checker.ts';
export { createFaultyStore, type FaultyStore } from './faulty-store.ts';
export type { HistoryEvent, ReleaseEvent, ReplyEvent, ToldEvent } from './history.ts';
export { createHost, type Host, type Life } from './host.ts';
export { storeOfLife } from './host-store.ts';
export {
  createSimNetwork,
  GOOD_NETWORK,
  type Handler,
  NetworkFault,
  type NetworkFaults,
  type SimNetwork,
} from './network.ts';
export { createSeededRandom, type SeededRandom } from './seeded-random.ts';
export { createSimDisk, type SimDisk } from './sim-disk.ts';
export { createSimLedger } from './sim-ledger.ts';
export { type Cut, NO_FAULTS, type StoreFaults } from './store-line.ts';
