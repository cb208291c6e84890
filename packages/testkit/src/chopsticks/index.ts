export {
  type ChopsticksChain,
  type ChopsticksOptions,
  type StorageChange,
  startChopsticks,
} from './chain.ts';
export { CHAINS, type ChainName } from './chains.ts';
export { CODE_KEY, runtimeCode } from './code.ts';
export { chopsticksMissing } from './find.ts';
export { GENESIS_MS, type RawStorage } from './genesis.ts';
export { type ChopsticksPair, type PairOptions, startPair } from './pair.ts';
export type { Messages } from './process.ts';
export { jumpToSessionEnd, nextSession } from './session.ts';
