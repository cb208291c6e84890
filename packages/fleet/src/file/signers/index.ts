export {
  futureHolder,
  judge,
  type KeyClaims,
  type LiveHolder,
  liveHolders,
  NO_CLAIMS,
} from './holders.ts';
export { liveKeyClaim, sourceOfClaim } from './key-claim.ts';
export {
  asLive,
  atPlace,
  type KeyStore,
  keyStores,
  keysSeenOf,
  keystoreOf,
  type StoreUser,
} from './keys-seen.ts';
export { type KeyHolder, maySignTwice, type SeenKeys, type Verdict } from './law.ts';
export { heldKeys, type KeyQuestion, keyQuestions, type TypedKey } from './questions.ts';
export { isPod, type KeyUser, keyUsers } from './users.ts';
