export { type Failpoint, killingFailpointOf } from './failpoint.ts';
