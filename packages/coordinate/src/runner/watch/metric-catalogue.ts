import { counter, gauge, metricTable } from '@watchbill/kit/metrics';

/**
 * Every metric of a member; each has the labels `group` and `member` as well. The metrics of the process and
 * the runtime come in addition.
 */
export const COORDINATE_METRICS = metricTable({
  height: gauge(
    'watchbill_coordinate_height',
    'Finalised height of the chain, in blocks, as this member last accepted it.',
  ),
  window: gauge('watchbill_coordinate_window', 'Index of the window that was open last.'),
  rank: gauge(
    'watchbill_coordinate_rank',
    'Rank of this member in that window. Above 0, a leader was silent, or the group did not agree on its proposal.',
  ),
  peers: gauge('watchbill_coordinate_peers', 'Other members that are connected.'),
  members: gauge('watchbill_coordinate_members', 'Members of the group, this one included.'),
  quorum: gauge(
    'watchbill_coordinate_quorum',
    'Members that must be connected for an agreement, this one included: a quorum, or 2 in an RFC 12 group.',
  ),
  memberConnected: gauge(
    'watchbill_coordinate_member_connected',
    '1 if that other member is connected, else 0.',
    ['peer'],
  ),
  ownKeyElsewhere: gauge(
    'watchbill_coordinate_own_key_elsewhere',
    '1 once another process used the key of this member, which then signs nothing until it is restarted; else 0.',
  ),
  leaseStart: gauge(
    'watchbill_coordinate_lease_start',
    'Height at which the lease of the action that runs here began; 0 if none runs.',
  ),
  leaseEnd: gauge(
    'watchbill_coordinate_lease_end',
    'Height at which that lease ends; 0 if no action runs here.',
  ),
  outcomes: counter(
    'watchbill_coordinate_outcomes_total',
    'Windows by how they ended. After a restart the last one counts once more.',
    ['result', 'reason'],
  ),
  certificates: counter(
    'watchbill_coordinate_certificates_total',
    'Windows in which a certificate was seen, by action.',
    ['action'],
  ),
  faults: counter('watchbill_coordinate_faults_total', 'Faults of members that were recorded, by kind.', [
    'kind',
  ]),
  executions: counter('watchbill_coordinate_executions_total', 'Actions that were handed over to run here.', [
    'action',
  ]),
  receipts: counter('watchbill_coordinate_receipts_total', 'Receipts of actions on this member, by result.', [
    'action',
    'result',
  ]),
  broadcasts: counter(
    'watchbill_coordinate_broadcasts_total',
    'Messages sent to the group; `again` is true for repeats.',
    ['again'],
  ),
  dropped: counter(
    'watchbill_coordinate_dropped_total',
    'Messages, frames and other events without an effect, by reason.',
    ['event', 'reason'],
  ),
  transportRefusals: counter(
    'watchbill_coordinate_transport_refusals_total',
    'Frames and connections that the transport refused, by reason.',
    ['reason'],
  ),
  storeFailures: counter(
    'watchbill_coordinate_store_failures_total',
    'Attempts to keep something on disk that failed.',
    ['what'],
  ),
  portFailures: counter(
    'watchbill_coordinate_port_failures_total',
    'Questions to the chain or to an action that failed or came too late.',
    ['what'],
  ),
  notices: counter('watchbill_coordinate_notices_total', 'Notices to the operator, by code.', ['code']),
});
