/** One series that `/metrics` shows. `docs/reference` is generated from {@link METRICS}. */
export interface MetricSpec {
  readonly name: `watchbill_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/**
 * Every metric of the service, by the name that the code uses. `/metrics` also has the process metrics of the
 * runtime.
 */
export const METRICS = {
  decisions: {
    name: 'watchbill_decisions_total',
    type: 'counter',
    help: 'Decisions of this service, by duty, outcome and reason.',
    labels: ['duty', 'outcome', 'reason'],
  },
  claimSeconds: {
    name: 'watchbill_claim_duration_seconds',
    type: 'histogram',
    help: 'Time from the arrival of a claim to its decision, standby delays included.',
    labels: ['duty'],
    buckets: SECONDS,
  },
  units: {
    name: 'watchbill_units_total',
    type: 'counter',
    help: 'Units that are over, by key, duty and outcome. Each service counts those that it heard of.',
    labels: ['key', 'duty', 'outcome'],
  },
  storeSeconds: {
    name: 'watchbill_store_call_duration_seconds',
    type: 'histogram',
    help: 'Time of one call of the store.',
    labels: ['call', 'outcome'],
    buckets: SECONDS,
  },
  engineSeconds: {
    name: 'watchbill_store_engine_call_duration_seconds',
    type: 'histogram',
    help: 'Time of one call to a server of the cluster under the store, by method and how it ended. TiKV and PD only.',
    labels: ['method', 'outcome'],
    buckets: SECONDS,
  },
  ledgerSeconds: {
    name: 'watchbill_ledger_append_duration_seconds',
    type: 'histogram',
    help: 'Time of one durable append to the ledger on the disk of the service.',
    labels: [],
    buckets: SECONDS,
  },
  ledgerEntries: {
    name: 'watchbill_ledger_entries_total',
    type: 'counter',
    help: 'Entries appended to the ledger of the service.',
    labels: [],
  },
  batch: {
    name: 'watchbill_store_batch_transactions',
    type: 'histogram',
    help: 'Transactions that shared one round trip to the store.',
    labels: [],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  },
  requests: {
    name: 'watchbill_http_requests_total',
    type: 'counter',
    help: 'Answered HTTP requests by route pattern and status.',
    labels: ['route', 'status'],
  },
  inFlight: {
    name: 'watchbill_claims_in_flight',
    type: 'gauge',
    help: 'Claims under way, over both protocols.',
    labels: [],
  },
  rejected: {
    name: 'watchbill_requests_rejected_total',
    type: 'counter',
    help: 'Requests refused before they reached the service, by problem code.',
    labels: ['code'],
  },
  streams: {
    name: 'watchbill_decision_streams',
    type: 'gauge',
    help: 'Clients that follow the stream of decisions.',
    labels: [],
  },
  streamsDropped: {
    name: 'watchbill_decision_streams_dropped_total',
    type: 'counter',
    help: 'Clients of the stream that were dropped because they read too slowly.',
    labels: [],
  },
  storeOk: {
    name: 'watchbill_store_ok',
    type: 'gauge',
    help: '1 if the store answers, else 0.',
    labels: [],
  },
  storeMembers: {
    name: 'watchbill_store_members',
    type: 'gauge',
    help: 'Members of the store by state (ok, lost).',
    labels: ['state'],
  },
  storeQuorumMargin: {
    name: 'watchbill_store_quorum_margin',
    type: 'gauge',
    help: 'How many members may still be lost before grants stop. Absent if the store has no members.',
    labels: [],
  },
  storeTerm: {
    name: 'watchbill_store_raft_term',
    type: 'gauge',
    help: 'Raft term of the store. Absent if the store has none.',
    labels: [],
  },
  watchHolder: {
    name: 'watchbill_watch_holder',
    type: 'gauge',
    help: '1 for the active node (on watch) and 0 for every other node of the key that was ever listed.',
    labels: ['chain', 'key', 'node'],
  },
  watchLive: {
    name: 'watchbill_watch_live',
    type: 'gauge',
    help: '1 if the active node is present, 0 if its presence lapsed or no node has the watch.',
    labels: ['chain', 'key'],
  },
  watchTerm: {
    name: 'watchbill_watch_term',
    type: 'gauge',
    help: 'Term of the watch; rises with each change of holder.',
    labels: ['chain', 'key'],
  },
  standbyDue: {
    name: 'watchbill_standby_due',
    type: 'gauge',
    help: 'Shadow claims that this service keeps of a standby, at most 120.',
    labels: ['chain', 'key', 'node'],
  },
  standbyGranted: {
    name: 'watchbill_standby_would_grant',
    type: 'gauge',
    help: 'How many of these shadow claims would have been granted.',
    labels: ['chain', 'key', 'node'],
  },
  standbySeconds: {
    name: 'watchbill_standby_p99_seconds',
    type: 'gauge',
    help: '99th percentile of the time of these shadow claims. Absent without one.',
    labels: ['chain', 'key', 'node'],
  },
  standbyDrill: {
    name: 'watchbill_standby_last_drill_timestamp_seconds',
    type: 'gauge',
    help: 'When the last drill of the standby ran on this service; 0 if there was none, or it did not pass.',
    labels: ['chain', 'key', 'node'],
  },
  nodeClock: {
    name: 'watchbill_node_clock_offset_seconds',
    type: 'gauge',
    help: 'How far the clock of a node is ahead of its chain, as it reported last; negative if it is late.',
    labels: ['node'],
  },
  certificateEnd: {
    name: 'watchbill_certificate_end_timestamp_seconds',
    type: 'gauge',
    help: 'When the TLS certificate of the service ends. Absent without TLS.',
    labels: [],
  },
  keyFrozen: {
    name: 'watchbill_key_frozen',
    type: 'gauge',
    help: '1 if the key is frozen, so that no service grants it a new unit, else 0.',
    labels: ['chain', 'key'],
  },
  sessionState: {
    name: 'watchbill_session_state',
    type: 'gauge',
    help: '1 for the current state of the service, 0 for the others.',
    labels: ['state'],
  },
  ready: {
    name: 'watchbill_ready',
    type: 'gauge',
    help: '1 if the service grants, else 0.',
    labels: [],
  },
  buildInfo: {
    name: 'watchbill_build_info',
    type: 'gauge',
    help: 'Always 1; the labels say which release runs on which runtime.',
    labels: ['version', 'node'],
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;
