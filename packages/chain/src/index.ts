export { decodeDigest, type HeaderDigest } from './header/digest.ts';
export {
  bestHead,
  finalizedHead,
  genesisHash,
  type Head,
  headerAt,
  type RawHeader,
  readHeader,
} from './header/header.ts';
export { relayParentOf } from './header/relay-parent.ts';
export type { SlotClaim } from './header/slot-claim.ts';
export type { SessionKey } from './keys/session-proof.ts';
export { type ChainView, viewChain } from './observe/observe.ts';
export { mayBeTold } from './observe/voter.ts';
export {
  auraAuthorities,
  auraSlotMs,
  babeAuthorities,
  babeConfiguration,
  babeEpoch,
  grandpaAuthorities,
} from './reads/authorities.ts';
export { sessionIndex } from './reads/counters.ts';
export { dueSlots } from './reads/due-slots.ts';
export { isMissing, type RoundState, roundState, type VoterRound } from './reads/round-state.ts';
export { runtimeCall, storageValue } from './reads/runtime.ts';
export {
  registeredSessionKeys,
  sessionKeyOwner,
  splitSessionKeys,
} from './reads/session-keys.ts';
export { connectNode } from './rpc/connect.ts';
export { NodeFault, type NodeFaultCode, unlessRefused } from './rpc/fault.ts';
export type { CallOptions, NodeRpc, Subscription } from './rpc/port.ts';
export { bytesOfHex, hexOf } from './scale/hex.ts';
export { type ScaleReader, scaleReader } from './scale/reader.ts';
export { publicKeyOfAddress } from './scale/ss58.ts';
export { storageKey } from './scale/storage-key.ts';
