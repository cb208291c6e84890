export { type Account, account, accountOfSecret, type Call, fund, signed, UNIT } from './accounts.ts';
export {
  type ChopsticksChain,
  type ChopsticksOptions,
  chainOf,
  type StorageChange,
  startChopsticks,
} from './chain.ts';
export { CHAINS, type ChainName } from './chains.ts';
export { CODE_KEY, runtimeCode } from './code.ts';
export { chainsMissing } from './find.ts';
export { GENESIS_MS, type RawStorage } from './genesis.ts';
export { type ChopsticksPair, startPair } from './pair.ts';
export type { Messages } from './process.ts';
export { type CastCandidate, type CastNominator, castCandidates, castNominators } from './programme/cast.ts';
export { startProgrammeNetwork } from './programme/network.ts';
export { jumpToSessionEnd, nextSession } from './session.ts';
export { type SessionKeys, sessionKeysOf, setKeys } from './session-keys.ts';
