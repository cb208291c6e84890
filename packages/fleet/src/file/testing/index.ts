export { liveOf, readsOf, storesOf, withAt } from './live.ts';
export { headText, IMAGE, IN_PODS, ON_DISKS, readFixture, SOLO, signersWith, WIDE } from './networks.ts';
