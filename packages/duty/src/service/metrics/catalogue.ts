import { counter, gauge, histogram, metricTable } from '@watchbill/kit/metrics';

const SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Every metric of the service. `/metrics` also has the process metrics of the runtime. */
export const METRICS = metricTable({
  decisions: counter('watchbill_decisions_total', 'Decisions of this service, by duty, outcome and reason.', [
    'duty',
    'outcome',
    'reason',
  ]),
  claimSeconds: histogram(
    'watchbill_claim_duration_seconds',
    'Time from the arrival of a claim to its decision, standby delays included.',
    SECONDS,
    ['duty'],
  ),
  units: counter(
    'watchbill_units_total',
    'Units that are over, by key, duty and outcome. Each service counts those that it heard of.',
    ['key', 'duty', 'outcome'],
  ),
  storeSeconds: histogram(
    'watchbill_store_call_duration_seconds',
    'Time of one call of the store.',
    SECONDS,
    ['call', 'outcome'],
  ),
  engineSeconds: histogram(
    'watchbill_store_engine_call_duration_seconds',
    'Time of one call to a server of the cluster under the store, by method and how it ended. TiKV and PD only.',
    SECONDS,
    ['method', 'outcome'],
  ),
  ledgerSeconds: histogram(
    'watchbill_ledger_append_duration_seconds',
    'Time of one durable append to the ledger on the disk of the service.',
    SECONDS,
  ),
  ledgerEntries: counter('watchbill_ledger_entries_total', 'Entries appended to the ledger of the service.'),
  batch: histogram(
    'watchbill_store_batch_transactions',
    'Transactions that shared one round trip to the store.',
    [1, 2, 4, 8, 16, 32, 64, 128, 256],
  ),
  requests: counter('watchbill_http_requests_total', 'Answered HTTP requests by route pattern and status.', [
    'route',
    'status',
  ]),
  inFlight: gauge('watchbill_claims_in_flight', 'Claims under way, over both protocols.'),
  rejected: counter(
    'watchbill_requests_rejected_total',
    'Requests refused before they reached the service, by problem code.',
    ['code'],
  ),
  streams: gauge('watchbill_decision_streams', 'Clients that follow the stream of decisions.'),
  streamsDropped: counter(
    'watchbill_decision_streams_dropped_total',
    'Clients of the stream that were dropped because they read too slowly.',
  ),
  storeOk: gauge('watchbill_store_ok', '1 if the store answers, else 0.'),
  storeMembers: gauge('watchbill_store_members', 'Members of the store by state (ok, lost).', ['state']),
  storeQuorumMargin: gauge(
    'watchbill_store_quorum_margin',
    'How many members may still be lost before grants stop. Absent if the store has no members.',
  ),
  storeTerm: gauge('watchbill_store_raft_term', 'Raft term of the store. Absent if the store has none.'),
  watchHolder: gauge(
    'watchbill_active_node',
    '1 for the active node and 0 for every other node of the key that was ever listed.',
    ['chain', 'key', 'node'],
  ),
  watchLive: gauge(
    'watchbill_active_node_live',
    '1 if the active node is present, 0 if its presence lapsed or no node has the watch.',
    ['chain', 'key'],
  ),
  watchTerm: gauge(
    'watchbill_active_node_term',
    'Term of the watch; rises with each change of the active node.',
    ['chain', 'key'],
  ),
  keyLease: gauge(
    'watchbill_parachain_key_lease',
    '1 if the node may have the secret of the parachain key `name`, 0 if it asks for it in vain. Absent if the store does not answer.',
    ['chain', 'key', 'name', 'node'],
  ),
  standbyDue: gauge(
    'watchbill_standby_due',
    'Shadow claims that this service keeps of a standby, at most 120.',
    ['chain', 'key', 'node'],
  ),
  standbyGranted: gauge(
    'watchbill_standby_would_grant',
    'How many of these shadow claims would have been granted.',
    ['chain', 'key', 'node'],
  ),
  standbySeconds: gauge(
    'watchbill_standby_p99_seconds',
    '99th percentile of the time of these shadow claims. Absent without one.',
    ['chain', 'key', 'node'],
  ),
  standbyDrill: gauge(
    'watchbill_standby_last_drill_timestamp_seconds',
    'When the last drill of the standby ran on this service; 0 if there was none, or it did not pass.',
    ['chain', 'key', 'node'],
  ),
  nodeClock: gauge(
    'watchbill_node_clock_offset_seconds',
    'How far the clock of a node is ahead of its chain, as it reported last; negative if it is late.',
    ['node'],
  ),
  certificateEnd: gauge(
    'watchbill_certificate_end_timestamp_seconds',
    'When the TLS certificate of the service ends. Absent without TLS.',
  ),
  keyFrozen: gauge(
    'watchbill_key_frozen',
    '1 if the key is frozen, so that no service grants it a new unit, else 0.',
    ['chain', 'key'],
  ),
  sessionState: gauge(
    'watchbill_session_state',
    '1 for the current state of the service, 0 for the others.',
    ['state'],
  ),
  ready: gauge('watchbill_ready', '1 if the service grants, else 0.'),
  buildInfo: gauge('watchbill_build_info', 'Always 1; the labels say which release runs on which runtime.', [
    'version',
    'node',
  ]),
});
