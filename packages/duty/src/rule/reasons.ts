/** The three outcomes of a claim. `unknown` is never treated as granted, and never as denied. */
export type Outcome = 'granted' | 'denied' | 'unknown';

export interface Reason {
  readonly code: string;
  readonly outcome: Outcome;
  readonly summary: string;
  readonly remedy: string;
}

function reason<Code extends string, O extends Outcome>(
  code: Code,
  outcome: O,
  summary: string,
  remedy: string,
): { readonly code: Code; readonly outcome: O; readonly summary: string; readonly remedy: string } {
  return { code, outcome, summary, remedy };
}

/** Every reason that an outcome can carry. `docs/duty/reference/reasons.md` is generated from this list. */
export const REASONS = {
  new: reason('new', 'granted', 'The unit or part is granted for the first time.', 'No action is needed.'),
  repeat: reason(
    'repeat',
    'granted',
    'The same payload was granted to this claimant before.',
    'No action is needed.',
  ),
  'not-listed': reason(
    'not-listed',
    'denied',
    'The policy of this chain and key does not list the node.',
    'Add the node to the roster and apply the policy, or claim with the identity of a listed node.',
  ),
  'duty-off': reason(
    'duty-off',
    'denied',
    'The policy switches this duty off for the key.',
    'Enable the duty in the policy and apply it.',
  ),
  'wrong-ledger': reason(
    'wrong-ledger',
    'denied',
    'The ledger, chain, key or epoch of the claim differs from that of the service.',
    'Point the node at the service of its ledger; after a recovery, adopt the key again.',
  ),
  'not-adopted': reason(
    'not-adopted',
    'denied',
    'The key has a policy but was never adopted, so its signing history is unknown.',
    'Stop every signer of the key, then run `watchbill adopt`.',
  ),
  'key-frozen': reason(
    'key-frozen',
    'denied',
    'The key is frozen: a person stopped it, or a block carries a signature of it that no service granted.',
    'Run `watchbill status` to see who froze it and why. Find the other signer first; then run `watchbill freeze lift`.',
  ),
  'invalid-claim': reason(
    'invalid-claim',
    'denied',
    'The claim does not fit its duty: unit, parts, digest or watch term.',
    'Correct the claimant: the detail of the decision names the wrong field.',
  ),
  'digest-required': reason(
    'digest-required',
    'denied',
    'The policy requires a payload digest and the claim has none.',
    'Send the digest, or allow claims without one in the policy of this duty.',
  ),
  'unit-ahead': reason(
    'unit-ahead',
    'denied',
    'The unit lies further ahead than the clock or the observers allow.',
    'Check the clock of the claimant and of the service; check that observers report.',
  ),
  'unit-past': reason(
    'unit-past',
    'denied',
    'The unit is too old to be new: the clock or the observers passed it, or it dates from before the session of the service.',
    'No action is needed: later units are granted. If this continues, check the clock of the service, and whether an observer reports numbers that are too high.',
  ),
  'below-floor': reason(
    'below-floor',
    'denied',
    'The unit lies at or below the floor: it may have been signed before.',
    'No action is needed: the next unit is granted.',
  ),
  'after-last-unit': reason(
    'after-last-unit',
    'denied',
    'The unit lies above the last one that the policy allows: another ledger may grant it.',
    'No action is needed if the key moves to another ledger: its new service grants these units. Otherwise adopt the key with a policy without `lastUnit`.',
  ),
  'below-window': reason(
    'below-window',
    'denied',
    'The unit is older than everything the mark remembers one by one.',
    'No action is needed: the next unit is granted.',
  ),
  'unit-taken': reason(
    'unit-taken',
    'denied',
    'The unit belongs to another node or another start of this one.',
    'No action is needed: one signer is enough.',
  ),
  'digest-differs': reason(
    'digest-differs',
    'denied',
    'Another payload was granted for this unit and part.',
    'No action is needed: the payload granted first is the only one.',
  ),
  'not-increasing': reason(
    'not-increasing',
    'denied',
    'The original wire protocol grants strictly increasing numbers only, and this one is not above every unit of the mark.',
    'No action is needed: the next number is granted.',
  ),
  'off-watch': reason(
    'off-watch',
    'denied',
    'The duty follows the watch and another node is active.',
    'No action is needed: the active node performs the duty.',
  ),
  'not-ready': reason(
    'not-ready',
    'denied',
    'The node has not reported that it is fit to perform the duty.',
    'Look at the readiness report of the node: syncing, peers, finality lag, clock offset.',
  ),
  'no-memory': reason(
    'no-memory',
    'denied',
    'The service has no memory of this ledger and is not approved yet.',
    'Wait until a service with memory has approved this one, or run `watchbill service approve`.',
  ),
  'session-lost': reason(
    'session-lost',
    'denied',
    'The service lost its session in the store and has not yet compared its memory with every other service.',
    'Read the detail: after a clock step or a pause the service goes on by itself. Bring a service that it names back, or remove a lost one with `watchbill service remove`.',
  ),
  'store-behind': reason(
    'store-behind',
    'denied',
    'The store is behind what was already granted: it went back in time or is another store.',
    'Stop the signers of the key. First find out which store the service is connected to; it grants no unit until the store agrees with its memory.',
  ),
  'word-refused': reason(
    'word-refused',
    'denied',
    'The claim carries a word that the ledger did not issue for this mark.',
    'Check that the node uses the service of its ledger and its own state file. If both are right, the word was forged or damaged: find the cause before you delete the state file.',
  ),
  'watch-moved': reason(
    'watch-moved',
    'denied',
    'The claim was made under a watch term that has passed.',
    'Ask for the watch again and enter under the new term.',
  ),
  'set-unconfirmed': reason(
    'set-unconfirmed',
    'denied',
    "The authority set of the claimant's node moved and its round was not yet seen to restart.",
    'Wait until the voter of the node has restarted its rounds. A service that missed that restart keeps refusing: then stop all signers, adopt the key again, and start them.',
  ),
  'order-exhausted': reason(
    'order-exhausted',
    'denied',
    'The demonstration order list has no entry for this node now.',
    'Only the demonstration uses this path.',
  ),
  'ceiling-unknown': reason(
    'ceiling-unknown',
    'unknown',
    'No observer other than the claimant has reported since the session of the service began, so the service cannot judge how new or how old the unit is.',
    'Let another listed node or an observer post to /v1/observations.',
  ),
  'round-state-unknown': reason(
    'round-state-unknown',
    'unknown',
    'grandpa_roundState of the claimant could not be read.',
    'Check the rpcUrl of the node in the policy.',
  ),
  'session-checking': reason(
    'session-checking',
    'unknown',
    'The service cannot be sure of its memory now; a vote that was entered elsewhere must not be denied.',
    'Ask another service, or ask again.',
  ),
  deadline: reason(
    'deadline',
    'unknown',
    'No answer was certain before the deadline of the claim.',
    'Ask again with the same claim while the unit is still due.',
  ),
  'store-unavailable': reason(
    'store-unavailable',
    'unknown',
    'The store did not answer.',
    'Check the store: endpoints, quorum, disk, certificates.',
  ),
  'ledger-unavailable': reason(
    'ledger-unavailable',
    'unknown',
    'The entry could not be written to the disk of the service.',
    'Check free space and permissions of the data directory.',
  ),
  internal: reason(
    'internal',
    'unknown',
    'The service met an internal defect.',
    'Report the lines of its log; ask another service until then.',
  ),
  draining: reason('draining', 'unknown', 'The service is stopping.', 'Ask another service.'),
  contention: reason(
    'contention',
    'unknown',
    'Too many claims on this mark collided.',
    'Ask again with the same claim while the unit is still due.',
  ),
} as const;

export type ReasonCode = keyof typeof REASONS;
export type DenialCode = {
  [C in ReasonCode]: (typeof REASONS)[C]['outcome'] extends 'denied' ? C : never;
}[ReasonCode];
export type UnknownCode = {
  [C in ReasonCode]: (typeof REASONS)[C]['outcome'] extends 'unknown' ? C : never;
}[ReasonCode];
export type GrantCode = 'new' | 'repeat';
