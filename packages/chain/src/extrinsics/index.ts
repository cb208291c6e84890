export { splitSessionKeys } from '../reads/session-keys.ts';
export { compactBytes } from '../scale/number-bytes.ts';
export { accountOfText, addressOfAccount } from './account.ts';
export { blockBody, blockHashAt } from './block.ts';
export {
  type CallWriting,
  callValue,
  type DecodedCall,
  decodeCall,
  encodeCall,
} from './call.ts';
export type { DispatchResult } from './dispatch.ts';
export {
  isPeriod,
  LONGEST_PERIOD,
  periodWithin,
  SHORTEST_PERIOD,
} from './era.ts';
export { callWeight, extrinsicFee } from './fee.ts';
export { findExtrinsic, type LandedExtrinsic, type SearchGround } from './find.ts';
export {
  type ExtrinsicSearch,
  extrinsicSearch,
  type SearchAnswer,
} from './follow.ts';
export { blake2Hash } from './hash.ts';
export { type Json, jsonMember } from './json.ts';
export { type ChainMetadata, hasPallet, numberConstant, readMetadata } from './metadata.ts';
export {
  asMultiCall,
  findMultisigCall,
  type MultisigOwners,
  multisigAccount,
  multisigOwners,
  openMultisig,
} from './multisig.ts';
export { accountNonce } from './nonce.ts';
export { heightOfNonce } from './nonce-height.ts';
export {
  readPayload,
  signedMessage,
  type UnsignedPayload,
  unsignedPayload,
} from './payload.ts';
export { readExtrinsic } from './read-extrinsic.ts';
export { type RuntimeView, type RuntimeViews, runtimeViews } from './runtime-view.ts';
export { assetHubSetKeysCall, proxiedCall, setKeysCall } from './session-calls.ts';
export {
  asksForSessionProof,
  type FreshSessionKeys,
  holdsKey,
  holdsSessionKeys,
  makeSessionKeys,
  nextSessionKeys,
} from './session-keys.ts';
export {
  assembleExtrinsic,
  type ExtrinsicSigner,
  type SignedExtrinsic,
  signedExtrinsic,
} from './signed.ts';
export { isStash } from './stash.ts';
export { readStorage, storedBytes } from './storage.ts';
export { type Submission, submitExtrinsic } from './submit.ts';
