export { liveOf, readsOf, storesOf, withAt } from './live.ts';
export { IMAGE, readFixture, SOLO, signersWith, WIDE } from './networks.ts';
