export { ecdsaKey } from './ecdsa-key.ts';
export { type FakeChain, type FakeChainState, fakeChain } from './fake-chain.ts';
export {
  connectedNode,
  type FakeAnswer,
  type FakeNode,
  metadataAnswer,
  SILENCE,
  startFakeNode,
} from './fake-node.ts';
export { FAKE_GENESIS, type FakeState, fakeState } from './fake-state.ts';
export { followExtrinsic } from './follow-extrinsic.ts';
export { type MetadataFixture, metadataBytes, metadataFixture } from './metadata-fixtures.ts';
export { JUSTIFICATION, JUSTIFIED } from './recorded-justification.ts';
export { OFFENCE_BLOCK, offenceMetadata } from './recorded-offence.ts';
export { AURA_KEY, auraBlock } from './sealed-block.ts';
export { trimMetadata } from './trim-metadata.ts';
