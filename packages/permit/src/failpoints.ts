import { killingFailpointOf } from '@watchbill/base/failpoint';
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

/** The places around the transaction that raises the ledger to format 2. */
export const RAISE_FAILPOINTS: readonly FailpointName[] = ['before-raise', 'after-raise'];

/** The failpoint of the service that `WATCHBILL_FAILPOINT` names. Throws for an unknown name. */
export const killingFailpoint = (text: string): Failpoint =>
  killingFailpointOf([...FAILPOINTS, ...RAISE_FAILPOINTS], text);
