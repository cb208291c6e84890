/** One series of a guard's `/metrics`. `docs/reference` is generated from {@link GUARD_METRICS}. */
export interface GuardMetric {
  readonly name: `watchbill_guard_${string}`;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric of a guard, by the name that the code uses. */
export const GUARD_METRICS = {
  nodeUp: {
    name: 'watchbill_guard_node_up',
    type: 'gauge',
    help: '1 while the node runs below the guard, else 0.',
    labels: [],
  },
  nodeStarts: {
    name: 'watchbill_guard_node_starts_total',
    type: 'counter',
    help: 'Starts of the node by this guard.',
    labels: [],
  },
  keys: {
    name: 'watchbill_guard_keys',
    type: 'gauge',
    help: 'Session keys by kind and state: open (placed), waiting or refused.',
    labels: ['kind', 'state'],
  },
  waits: {
    name: 'watchbill_guard_key_wait_seconds',
    type: 'gauge',
    help: 'How long a key of this kind has not been placed; 0 while all of them are, and on the standby of a pair.',
    labels: ['kind'],
  },
  placed: {
    name: 'watchbill_guard_keys_placed_total',
    type: 'counter',
    help: 'Keys that the guard placed, by kind.',
    labels: ['kind'],
  },
  refusals: {
    name: 'watchbill_guard_refusals_total',
    type: 'counter',
    help: 'Times that the guard began to refuse a key, by kind.',
    labels: ['kind'],
  },
  unread: {
    name: 'watchbill_guard_failed_readings_total',
    type: 'counter',
    help: 'Readings of a node that failed, by node: own or witness.',
    labels: ['node'],
  },
  lapses: {
    name: 'watchbill_guard_lapses_total',
    type: 'counter',
    help: 'Times that the guard or its machine was paused longer than the lease, so that the node was ended.',
    labels: [],
  },
  active: {
    name: 'watchbill_guard_active',
    type: 'gauge',
    help: '1 while this machine is the active one of its pair, 0 while it is not. `pair` is the prefix in the store. Absent without a pair.',
    labels: ['pair'],
  },
  roleLosses: {
    name: 'watchbill_guard_role_losses_total',
    type: 'counter',
    help: 'Times that the node was ended because this machine lost the active role, or could not renew it.',
    labels: [],
  },
  pairUnread: {
    name: 'watchbill_guard_pair_failures_total',
    type: 'counter',
    help: 'Exchanges with the store of the pair that had no certain answer.',
    labels: [],
  },
  fences: {
    name: 'watchbill_guard_fences_total',
    type: 'counter',
    help: 'Uses of the fence by result: off, or unknown.',
    labels: ['result'],
  },
} as const satisfies Readonly<Record<string, GuardMetric>>;
