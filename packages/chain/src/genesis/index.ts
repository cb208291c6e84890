export { genesisHashes } from './genesis-hash.ts';
export { LIVE_CHAINS } from './live-chains.ts';
