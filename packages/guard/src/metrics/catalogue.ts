import { counter, gauge, metricTable } from '@watchbill/kit/metrics';

export const GUARD_METRICS = metricTable({
  nodeUp: gauge('watchbill_guard_node_up', '1 while the node runs below the guard, else 0.'),
  nodeStarts: counter('watchbill_guard_node_starts_total', 'Starts of the node by this guard.'),
  keys: gauge('watchbill_guard_keys', 'Session keys by kind and state: open (placed), waiting or refused.', [
    'kind',
    'state',
  ]),
  waits: gauge(
    'watchbill_guard_key_wait_seconds',
    'How long a key of this kind has not been placed; 0 while all of them are, and on the standby of a pair.',
    ['kind'],
  ),
  placed: counter('watchbill_guard_keys_placed_total', 'Keys that the guard placed, by kind.', ['kind']),
  refusals: counter(
    'watchbill_guard_refusals_total',
    'Times that the guard began to refuse a key, by kind.',
    ['kind'],
  ),
  unread: counter(
    'watchbill_guard_failed_readings_total',
    'Readings of a node that failed, by node: own or witness.',
    ['node'],
  ),
  lapses: counter(
    'watchbill_guard_lapses_total',
    'Times that the guard or its machine was paused longer than the lease, so that the node was ended.',
  ),
  active: gauge(
    'watchbill_guard_active',
    '1 while this machine is the active one of its pair, 0 while it is not. `pair` is the prefix in the store. Absent without a pair.',
    ['pair'],
  ),
  roleLosses: counter(
    'watchbill_guard_role_losses_total',
    'Times that the node was ended because this machine lost the active role, or could not renew it.',
  ),
  pairUnread: counter(
    'watchbill_guard_pair_failures_total',
    'Exchanges with the store of the pair that had no certain answer.',
  ),
  fences: counter('watchbill_guard_fences_total', 'Uses of the fence by result: off, or unknown.', [
    'result',
  ]),
});
