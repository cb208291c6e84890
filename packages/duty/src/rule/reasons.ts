/** The three outcomes of a claim. `unknown` is never treated as granted, and never as denied. */
export type Outcome = 'granted' | 'denied' | 'unknown';

/** For each code what it means, and what to do. */
type Texts<Code extends string> = Readonly<Record<Code, readonly [summary: string, remedy: string]>>;

const GRANTED = {
  new: ['The unit or part is granted for the first time.', 'No action is needed.'],
  repeat: ['The same payload was granted to this claimant before.', 'No action is needed.'],
} as const;

const DENIED = {
  'not-listed': [
    'The policy of this chain and key does not list the node.',
    'Add the node to the roster and apply the policy, or claim with the identity of a listed node.',
  ],
  'duty-off': [
    'The policy switches this duty off for the key.',
    'Enable the duty in the policy and apply it.',
  ],
  'wrong-ledger': [
    'The ledger, chain, key or epoch of the claim differs from that of the service.',
    'Point the node at the service of its ledger; after a recovery, adopt the key again.',
  ],
  'not-adopted': [
    'The key has a policy but was never adopted, so its signing history is unknown.',
    'Stop every signer of the key, then run `watchbill adopt`.',
  ],
  'key-frozen': [
    'The key is frozen: a person stopped it, or a block carries a signature of it that no service granted.',
    'Run `watchbill status` to see who froze it and why. Find the other signer first; then run `watchbill freeze lift`.',
  ],
  'invalid-claim': [
    'The claim does not fit its duty: unit, parts, digest or watch term.',
    'Correct the claimant: the detail of the decision names the wrong field.',
  ],
  'digest-required': [
    'The policy requires a payload digest and the claim has none.',
    'Send the digest, or allow claims without one in the policy of this duty.',
  ],
  'unit-ahead': [
    'The unit lies further ahead than the clock or the observers allow.',
    'Check the clock of the claimant and of the service; check that observers report.',
  ],
  'unit-past': [
    'The unit is too old to be new: the clock or the observers passed it, or it dates from before the session of the service.',
    'No action is needed: later units are granted. If this continues, check the clock of the service, and whether an observer reports numbers that are too high.',
  ],
  'below-floor': [
    'The unit lies at or below the floor: it may have been signed before.',
    'No action is needed: the next unit is granted.',
  ],
  'after-last-unit': [
    'The unit lies above the last one that the policy allows: another ledger may grant it.',
    'No action is needed if the key moves to another ledger: its new service grants these units. Otherwise adopt the key with a policy without `lastUnit`.',
  ],
  'below-window': [
    'The unit is older than everything the mark remembers one by one.',
    'No action is needed: the next unit is granted.',
  ],
  'unit-ahead-granted': [
    'A clock that was ahead let a slot of the future be granted, so every slot up to it is denied.',
    'Read the detail: it has the time until which. Correct the clocks first; then wait, or use a new session key. No command takes a grant back.',
  ],
  'unit-taken': [
    'The unit belongs to another node or another start of this one.',
    'No action is needed: one signer is enough.',
  ],
  'digest-differs': [
    'Another payload was granted for this unit and part.',
    'No action is needed: the payload granted first is the only one.',
  ],
  'not-increasing': [
    'The original wire protocol grants strictly increasing numbers only, and this one is not above every unit of the mark.',
    'No action is needed: the next number is granted.',
  ],
  'off-watch': [
    'The duty follows the watch and another node is active.',
    'No action is needed: the active node performs the duty.',
  ],
  'not-ready': [
    'The node has not reported that it is fit to perform the duty.',
    'Look at the readiness report of the node: syncing, peers, finality lag, clock offset.',
  ],
  'no-memory': [
    'The service has no memory of this ledger and is not approved yet.',
    'Wait until a service with memory has approved this one, or run `watchbill service approve`.',
  ],
  'session-lost': [
    'The service lost its session in the store and has not yet compared its memory with every other service.',
    'Read the detail: after a clock step or a pause the service goes on by itself. Bring a service that it names back, or remove a lost one with `watchbill service remove`.',
  ],
  'store-behind': [
    'The store is behind what was already granted: it went back in time or is another store.',
    'Stop the signers of the key. First find out which store the service is connected to; it grants no unit until the store agrees with its memory.',
  ],
  'word-refused': [
    'The claim carries a word that the ledger did not issue for this mark.',
    'Check that the node uses the service of its ledger and its own state file. If both are right, the word was forged or damaged: find the cause before you delete the state file.',
  ],
  'watch-moved': [
    'The claim was made under a watch term that has passed.',
    'Ask for the watch again and enter under the new term.',
  ],
  'set-unconfirmed': [
    "The authority set of the claimant's node moved and its round was not yet seen to restart.",
    'Wait until the voter of the node has restarted its rounds. A service that missed that restart keeps refusing: then stop all signers, adopt the key again, and start them.',
  ],
  'order-exhausted': [
    'The demonstration order list has no entry for this node now.',
    'Only the demonstration uses this path.',
  ],
} as const;

const UNKNOWN = {
  'ceiling-unknown': [
    'No observer other than the claimant has reported since the session of the service began, so the service cannot judge how new or how old the unit is.',
    'Let another listed node or an observer post to /v1/observations.',
  ],
  'round-state-unknown': [
    'grandpa_roundState of the claimant could not be read.',
    'Check the rpcUrl of the node in the policy.',
  ],
  'session-checking': [
    'The service cannot be sure of its memory now; a vote that was entered elsewhere must not be denied.',
    'Ask another service, or ask again.',
  ],
  deadline: [
    'No answer was certain before the deadline of the claim.',
    'Ask again with the same claim while the unit is still due.',
  ],
  'store-unavailable': [
    'The store did not answer.',
    'Check the store: endpoints, quorum, disk, certificates.',
  ],
  'ledger-unavailable': [
    'The entry could not be written to the disk of the service.',
    'Check free space and permissions of the data directory.',
  ],
  internal: [
    'The service met an internal defect.',
    'Report the lines of its log; ask another service until then.',
  ],
  draining: ['The service is stopping.', 'Ask another service.'],
  contention: [
    'Too many claims on this mark collided.',
    'Ask again with the same claim while the unit is still due.',
  ],
} as const;

export interface Reason {
  readonly code: string;
  readonly outcome: Outcome;
  readonly summary: string;
  readonly remedy: string;
}

function reasons<Code extends string>(outcome: Outcome, texts: Texts<Code>): Readonly<Record<Code, Reason>> {
  const found = {} as Record<Code, Reason>;
  for (const code of Object.keys(texts) as Code[]) {
    const [summary, remedy] = texts[code];
    found[code] = { code, outcome, summary, remedy };
  }
  return found;
}

/** Every reason that an outcome can carry. `docs/duty/reference/reasons.md` is generated from this list. */
export const REASONS = {
  ...reasons('granted', GRANTED),
  ...reasons('denied', DENIED),
  ...reasons('unknown', UNKNOWN),
};

export type GrantCode = keyof typeof GRANTED;
export type DenialCode = keyof typeof DENIED;
export type UnknownCode = keyof typeof UNKNOWN;
export type ReasonCode = keyof typeof REASONS;
