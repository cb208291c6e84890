/** One series of a member's `/metrics`. `docs/reference` is generated from {@link COORDINATE_METRICS}. */
export interface CoordinateMetric {
  readonly name: `watchbill_coordinate_${string}`;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** In addition to `group` and `member`, which every series has. */
  readonly labels: readonly string[];
}

/**
 * Every metric of a member, by the name that the code uses. The metrics of the process and the runtime come
 * in addition.
 */
export const COORDINATE_METRICS = {
  height: {
    name: 'watchbill_coordinate_height',
    type: 'gauge',
    help: 'Finalised height of the chain, in blocks, as this member last accepted it.',
    labels: [],
  },
  window: {
    name: 'watchbill_coordinate_window',
    type: 'gauge',
    help: 'Index of the window that was open last.',
    labels: [],
  },
  rank: {
    name: 'watchbill_coordinate_rank',
    type: 'gauge',
    help: 'Rank of this member in that window. Above 0, a leader was silent, or the group did not agree on its proposal.',
    labels: [],
  },
  peers: {
    name: 'watchbill_coordinate_peers',
    type: 'gauge',
    help: 'Other members that are connected.',
    labels: [],
  },
  members: {
    name: 'watchbill_coordinate_members',
    type: 'gauge',
    help: 'Members of the group, this one included.',
    labels: [],
  },
  quorum: {
    name: 'watchbill_coordinate_quorum',
    type: 'gauge',
    help: 'Members that must be connected for an agreement, this one included: a quorum, or 2 in an RFC 12 group.',
    labels: [],
  },
  memberConnected: {
    name: 'watchbill_coordinate_member_connected',
    type: 'gauge',
    help: '1 if that other member is connected, else 0.',
    labels: ['peer'],
  },
  ownKeyElsewhere: {
    name: 'watchbill_coordinate_own_key_elsewhere',
    type: 'gauge',
    help: '1 once another process used the key of this member, which then signs nothing until it is restarted; else 0.',
    labels: [],
  },
  leaseStart: {
    name: 'watchbill_coordinate_lease_start',
    type: 'gauge',
    help: 'Height at which the lease of the action that runs here began; 0 if none runs.',
    labels: [],
  },
  leaseEnd: {
    name: 'watchbill_coordinate_lease_end',
    type: 'gauge',
    help: 'Height at which that lease ends; 0 if no action runs here.',
    labels: [],
  },
  outcomes: {
    name: 'watchbill_coordinate_outcomes_total',
    type: 'counter',
    help: 'Windows by how they ended. After a restart the last one counts once more.',
    labels: ['result', 'reason'],
  },
  certificates: {
    name: 'watchbill_coordinate_certificates_total',
    type: 'counter',
    help: 'Windows in which a certificate was seen, by action.',
    labels: ['action'],
  },
  faults: {
    name: 'watchbill_coordinate_faults_total',
    type: 'counter',
    help: 'Faults of members that were recorded, by kind.',
    labels: ['kind'],
  },
  executions: {
    name: 'watchbill_coordinate_executions_total',
    type: 'counter',
    help: 'Actions that were handed over to run here.',
    labels: ['action'],
  },
  receipts: {
    name: 'watchbill_coordinate_receipts_total',
    type: 'counter',
    help: 'Receipts of actions on this member, by result.',
    labels: ['action', 'result'],
  },
  broadcasts: {
    name: 'watchbill_coordinate_broadcasts_total',
    type: 'counter',
    help: 'Messages sent to the group; `again` is true for repeats.',
    labels: ['again'],
  },
  dropped: {
    name: 'watchbill_coordinate_dropped_total',
    type: 'counter',
    help: 'Messages, frames and other events without an effect, by reason.',
    labels: ['event', 'reason'],
  },
  transportRefusals: {
    name: 'watchbill_coordinate_transport_refusals_total',
    type: 'counter',
    help: 'Frames and connections that the transport refused, by reason.',
    labels: ['reason'],
  },
  storeFailures: {
    name: 'watchbill_coordinate_store_failures_total',
    type: 'counter',
    help: 'Attempts to keep something on disk that failed.',
    labels: ['what'],
  },
  portFailures: {
    name: 'watchbill_coordinate_port_failures_total',
    type: 'counter',
    help: 'Questions to the chain or to an action that failed or came too late.',
    labels: ['what'],
  },
  notices: {
    name: 'watchbill_coordinate_notices_total',
    type: 'counter',
    help: 'Notices to the operator, by code.',
    labels: ['code'],
  },
} as const satisfies Readonly<Record<string, CoordinateMetric>>;
