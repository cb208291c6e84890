export { type FakeChain, type FakeChainState, fakeChain } from './fake-chain.ts';
export { type FakeAnswer, type FakeNode, SILENCE, startFakeNode } from './fake-node.ts';
