import { type Failpoint, killingFailpointOf } from '@watchbill/kit/failpoint';

/** The places between two steps of a guard at which a test may kill it, in their order. */
export const GUARD_FAILPOINTS = [
  // Placing a key.
  'before-mark',
  'after-mark',
  'before-draft',
  'after-draft',
  'after-rename',
  'after-place',
  // Removing keys, and ending the node.
  'before-withdraw',
  'after-withdraw',
  'before-clear',
  'after-clear',
  'after-node-end',
  // Handing over.
  'before-handover',
  'after-handover',
  // Taking over: by a fence, by a person's command, and the first term of the new machine.
  'after-fence',
  'before-take-over',
  'after-take-over',
  'before-term',
  'after-term',
] as const;

export type GuardFailpoint = (typeof GUARD_FAILPOINTS)[number];
export type GuardFailpoints = Failpoint<GuardFailpoint>;

/** Without a failpoint, no place has an effect. */
export const noFailpoint: GuardFailpoints = () => undefined;

/**
 * The failpoint that a text names, as `WATCHBILL_FAILPOINT` holds it; without one, none. Throws for an
 * unknown name.
 */
export const guardFailpoint = (text: string | undefined): GuardFailpoints =>
  text === undefined ? noFailpoint : killingFailpointOf(GUARD_FAILPOINTS, text);
