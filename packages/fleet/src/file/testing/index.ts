export { liveOf, readsOf, storesOf, withAt } from './live.ts';
export {
  fileText,
  headText,
  IMAGE,
  IN_PODS,
  ON_DISKS,
  readFixture,
  SOLO,
  signersWith,
  WIDE,
} from './networks.ts';
