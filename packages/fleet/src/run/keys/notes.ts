/** Messages for a person; after `stop` the rotation does not continue by itself. */
export type RotationNote =
  /** Block null: the nonce is used, and no block shows the extrinsic that used it. */
  | { readonly kind: 'included'; readonly block: string | null }
  | { readonly kind: 'on-the-way'; readonly lateFrom: number }
  | { readonly kind: 'queued'; readonly activeFrom: number }
  | { readonly kind: 'active' }
  | { readonly kind: 'verified'; readonly block: string }
  | { readonly kind: 'not-in-set' }
  /** The pool of this node had no place for it, or accepted it; the chain shows the outcome. */
  | { readonly kind: 'sent'; readonly answer: string }
  /** Of a move: the node with the old keys gives no answer. */
  | { readonly kind: 'old-node-silent' }
  | { readonly kind: 'stop'; readonly code: RotationStop; readonly detail?: string };

export const ROTATION_STOPS = {
  'keys-lost': {
    what: 'the node no longer has the keys that were made for it',
    todo: 'do not register them; if the chain has them already, register the old keys again, or end this rotation with watchbill fleet keys abort and make new ones, before their session begins',
  },
  overtaken: {
    what: 'the chain shows other next keys than the old and the new ones',
    todo: 'another person or program registered keys for this stash: find out who; then end this rotation with watchbill fleet keys abort, and begin a new one',
  },
  withdrawn: {
    what: 'the chain showed the new keys as the next ones, and does so no longer',
    todo: 'other keys were registered, or the keys were purged: find out by whom; then end this rotation with watchbill fleet keys abort, and begin a new one',
  },
  expired: {
    what: 'no block has the extrinsic, and none can have it any more',
    todo: 'the keys are not registered: run the same command again, it signs and submits anew with the same keys',
  },
  'failed-on-chain': {
    what: 'the extrinsic is in a block, and the chain refused the call',
    todo: 'correct the cause, then run the same command again: it signs and submits anew with the same keys',
  },
  'nonce-taken': {
    what: 'another extrinsic of the account used the nonce, so this one can never land',
    todo: 'find out what else signs for the account, then run the same command again',
  },
  'message-late': {
    what: 'ALERT: the extrinsic is in the chain, and the chain of the node does not show the keys after the time that a message may take',
    todo: 'the message is not sent again, because it may still arrive: keep both keystores, look for the message on the relay (messageQueue, stakingAhClient.SessionKeysUpdated), and run again to continue waiting; if it is known to be lost: watchbill fleet keys abort',
  },
} as const;

export type RotationStop = keyof typeof ROTATION_STOPS;
