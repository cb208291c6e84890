export { splitSessionKeys } from '../reads/session-keys.ts';
export { compactBytes } from '../scale/number-bytes.ts';
export { accountOfText, addressOfAccount } from './account.ts';
export { type BlockBody, blockBody, blockHashAt } from './block.ts';
export {
  type CallReading,
  type CallRefused,
  type CallWriting,
  callValue,
  type DecodedCall,
  decodeCall,
  encodeCall,
} from './call.ts';
export { type DispatchResult, dispatchResult } from './dispatch.ts';
export {
  encodeEra,
  eraDeath,
  isPeriod,
  LONGEST_PERIOD,
  type MortalEra,
  periodWithin,
  SHORTEST_PERIOD,
} from './era.ts';
export { type CallWeight, callWeight, extrinsicFee } from './fee.ts';
export { findExtrinsic, type LandedExtrinsic, type SearchGround, type WantedExtrinsic } from './find.ts';
export {
  type ExtrinsicSearch,
  extrinsicSearch,
  type FollowedExtrinsic,
  type FollowOptions,
  followExtrinsic,
  type SearchAnswer,
} from './follow.ts';
export { blake2Hash } from './hash.ts';
export { type Json, jsonMember } from './json.ts';
export { type ChainMetadata, hasPallet, numberConstant, readMetadata } from './metadata.ts';
export {
  asMultiCall,
  type ExecutedMultisig,
  findMultisigCall,
  type MultisigOwners,
  multisigAccount,
  multisigOwners,
  type OpenMultisig,
  openMultisig,
} from './multisig.ts';
export { accountNonce } from './nonce.ts';
export { heightOfNonce, type NonceSearch } from './nonce-height.ts';
export {
  type PayloadReading,
  type PayloadWriting,
  readPayload,
  signedMessage,
  type UnsignedPayload,
  unsignedPayload,
} from './payload.ts';
export { type ExtrinsicAuthor, type ReadExtrinsic, readExtrinsic } from './read-extrinsic.ts';
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
  type ExtrinsicParts,
  type ExtrinsicSignature,
  type ExtrinsicSigner,
  type SignedExtrinsic,
  signedExtrinsic,
} from './signed.ts';
export { isStash } from './stash.ts';
export { readStorage, type StorageReading, storedBytes } from './storage.ts';
export { type Submission, submitExtrinsic } from './submit.ts';
