/**
 * Why an action's content is refused, or why this node does not take part in it. Stable;
 * docs/coordinate/how-to/coordinate-actions.md lists them.
 */
export const ACTION_REFUSALS = {
  malformed: 'the content does not match the format of this action',
  'other-validity': 'the proposal asks for another validity than the agenda gives the action',
  'wrong-nonce-of-drill': 'the content is not the one that the plan of the window gives',
  'too-large': 'the call is longer than the agenda allows',
  'wrong-account': 'the account is not the one of the agenda',
  'wrong-hold': 'the content has another hold than the agenda',
  'wrong-nonce': 'the account has another nonce at the reference block',
  'other-runtime': 'the reference block has another runtime than the content says',
  undecodable: 'the bytes are not a call of the runtime at the reference block',
  'trailing-bytes': 'bytes follow the call',
  'not-allowed': 'the call, or one inside it, is not on the list of the agenda',
  'wrong-signatories': 'the agenda does not name one signatory per seat',
  'not-approved': 'this operator has not approved it',
  'era-too-long': 'a block could still include the extrinsic after the lease',
  'era-too-short': 'the extrinsic would be over before the lease and its hold have passed',
  'stash-key-refused': 'the account is a stash, whose key does not belong on a machine; use a proxy',
  'wrong-order': 'the order is not the one that the plan gives',
  'wrong-max-down': 'the number that may be down at once is not the one of the agenda',
  'no-release': 'this node holds no release file, or one of another version or digest',
  'digest-differs': 'the file of the release has another digest here',
  unhealthy: 'this node is not healthy now',
  'wrong-validators': 'the agenda does not name one validator per seat',
  'wrong-session': 'the session is not the one of the reference block',
  'wrong-keys': 'the validators have other session keys at the reference block',
} as const;

export type ActionRefusal = keyof typeof ACTION_REFUSALS;
