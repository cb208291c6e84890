/** The faults of a member of an RFC 12 group, with keep-core's numbers. */
export const FAULT_NUMBERS = {
  unknown: 0,
  /** No acceptable message of the leader in the active phase. */
  'leader-idleness': 1,
  /** The leader proposed an action that the checklist does not allow. */
  'leader-mistake': 2,
  /** A member proposed that does not lead, or the leader through another seat than its first. */
  'leader-impersonation': 3,
} as const;

export type FaultKind = keyof typeof FAULT_NUMBERS;
