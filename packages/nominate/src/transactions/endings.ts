/** The possible ends of an intent, with reasons. */
export const ENDINGS = {
  verified: 'it landed, succeeded, and the nomination in the state of that block is as requested',
  'too-late': 'the deadline passed, or the delay of the proxy does not fit before it',
  'not-a-proxy': 'the chain has no proxy definition by which the signer may nominate',
  'dispatch-failed': 'the extrinsic failed in its block',
  'inner-failed': 'the extrinsic succeeded and the call inside it failed',
  'not-as-asked': 'it succeeded, but the state of its block does not match the request',
  'outcome-unknown': 'the chain does not show whether it was included; no transaction is sent again',
  'announcement-vanished': 'the announcement was rejected or removed, and the nomination is not as requested',
  'done-by-another':
    'another account set the same targets after the round was decided, or executed the announcement; or a chill has no such targets to end',
  'payload-mismatch': 'the built or signed payload does not match the request',
  'signer-refused': 'the signer refused to sign',
  revalidation: 'no target passed the checks any more; or, for a chill, one passed again',
  operator: 'a person cancelled it',
  'newer-intent': 'a newer round made another intent for the nominator',
} as const;

export type EndingReason = keyof typeof ENDINGS;

/** Ends after which the era has its nomination: one was included, or may have been. */
const TAKING: readonly string[] = ['verified', 'outcome-unknown', 'done-by-another', 'not-as-asked'];

export function takesEra(reason: string): boolean {
  return TAKING.includes(reason);
}

export type EndingResult = 'finalised' | 'failed' | 'cancelled' | 'superseded';

/** The end of an intent. */
export interface Ending {
  readonly result: EndingResult;
  readonly reason: EndingReason;
  readonly detail: string;
}

export const REASONS = Object.keys(ENDINGS) as [EndingReason, ...EndingReason[]];
