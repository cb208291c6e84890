export { liveOf, readsOf, storesOf, withAt } from './live.ts';
export { IMAGE, readFixture, SOLO, WIDE } from './networks.ts';
