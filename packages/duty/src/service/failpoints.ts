import { killingFailpointOf } from '@watchbill/kit/failpoint';
import type { Failpoint, FailpointName } from './ports.ts';

/** The places between two steps of a claim at which a test may kill the process. */
export const FAILPOINTS: readonly FailpointName[] = [
  'claim-received',
  'before-transaction',
  'after-transaction',
  'before-append',
  'after-append',
  'before-reply',
];

/** The failpoint of the service that `WATCHBILL_FAILPOINT` names. Throws for an unknown name. */
export const killingFailpoint = (text: string): Failpoint => killingFailpointOf(FAILPOINTS, text);
