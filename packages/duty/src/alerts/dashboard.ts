import { type Dashboard, lines, number, type Panel, RATE, table } from '@watchbill/kit/alerts';
import { MISSED } from './unit-alerts.ts';

const KEYS = 'key=~"$key"';
const quantile = (series: string, by: string) =>
  `histogram_quantile(0.99, sum by (${by}le) (rate(${series}_bucket[${RATE}])))`;

/** The permission service: watch, decisions, time of each stage, store, gates, and dates to keep. */
export const SERVICE_DASHBOARD: Dashboard = {
  uid: 'watchbill-service',
  title: 'Watchbill: permission service',
  about:
    'Does it grant, how many losses does it survive, and what needs care: keys, standbys, store, clocks, certificates, backups.',
  choices: [{ name: 'key', series: 'watchbill_watch_live', label: 'key' }],
  panels: [...numbers(), ...watch(), ...decisions(), ...stages(), ...store(), ...gates(), ...upkeep()],
};

function numbers(): readonly Panel[] {
  return [
    number('Services that grant', 'Ready services.', 'short', 'sum(watchbill_ready)', {
      bad: { at: 1, when: 'below' },
    }),
    number(
      'Losses that the store survives',
      'Members of etcd that may still be lost. Empty for other stores.',
      'short',
      'min(watchbill_store_quorum_margin)',
      { bad: { at: 1, when: 'below' } },
    ),
    number(
      'Frozen keys',
      'Keys that no service grants.',
      'short',
      'sum(max by (chain, key) (watchbill_key_frozen))',
      {
        bad: { at: 1, when: 'above' },
      },
    ),
    number(
      'Keys without an active node',
      'No listed node reports that it is ready.',
      'short',
      'count(max by (chain, key) (watchbill_watch_live) == 0) or vector(0)',
      { bad: { at: 1, when: 'above' } },
    ),
  ];
}

function watch(): readonly Panel[] {
  return [
    table(
      'Watch',
      '1: the node is active (on watch) for the key.',
      'short',
      `max by (key, node) (watchbill_watch_holder{${KEYS}})`,
    ),
    lines('Hand-overs', 'The term of the watch rises with each.', 'short', [
      { expr: `max by (key) (watchbill_watch_term{${KEYS}})`, legend: '{{key}}' },
    ]),
    lines('Standby proof', 'Share of the due units that a standby would have been granted.', 'percentunit', [
      {
        expr: `max by (key, node) (watchbill_standby_would_grant{${KEYS}} / (watchbill_standby_due > 0))`,
        legend: '{{node}}',
      },
    ]),
    lines('Standby, 99th percentile', 'Time of the shadow claims of a standby.', 's', [
      { expr: `max by (key, node) (watchbill_standby_p99_seconds{${KEYS}})`, legend: '{{node}}' },
    ]),
    lines('Last drill', 'Time since a drill of the standby passed.', 's', [
      {
        expr: `time() - max by (key, node) (watchbill_standby_last_drill_timestamp_seconds{${KEYS}})`,
        legend: '{{node}}',
      },
    ]),
    lines('Frozen', '1 while a key is frozen.', 'short', [
      { expr: `max by (key) (watchbill_key_frozen{${KEYS}})`, legend: '{{key}}' },
    ]),
    lines('State of each service', 'The state that is 1 is the current one.', 'short', [
      { expr: 'watchbill_session_state == 1', legend: '{{instance}} {{state}}' },
    ]),
  ];
}

function decisions(): readonly Panel[] {
  return [
    lines('Grants a second', 'By duty.', 'short', [
      {
        expr: `sum by (duty) (rate(watchbill_decisions_total{outcome="granted"}[${RATE}]))`,
        legend: '{{duty}}',
      },
    ]),
    lines(
      'Denials and unknowns a second, by reason',
      'Standbys get `unit-taken`, `off-watch` and `below-floor` all day.',
      'short',
      [
        {
          expr: `sum by (outcome, reason) (rate(watchbill_decisions_total{outcome!="granted"}[${RATE}]))`,
          legend: '{{outcome}} {{reason}}',
        },
      ],
    ),
    lines('Refused requests a second', 'Before they reached the service, by code.', 'short', [
      { expr: `sum by (code) (rate(watchbill_requests_rejected_total[${RATE}]))`, legend: '{{code}}' },
    ]),
    lines('Missed units a day', 'Slots and votes, by the service that heard of the most.', 'short', [
      {
        expr: `max by (key, duty) (sum by (instance, key, duty) (increase(watchbill_units_total{outcome=~"${MISSED}",${KEYS}}[1d])))`,
        legend: '{{key}} {{duty}}',
      },
    ]),
    lines('Answers a second', 'By route and status.', 'short', [
      {
        expr: `sum by (route, status) (rate(watchbill_http_requests_total[${RATE}]))`,
        legend: '{{route}} {{status}}',
      },
    ]),
    lines(
      'In flight',
      'Claims under way, clients of the stream, and clients that it dropped in an hour.',
      'short',
      [
        { expr: 'watchbill_claims_in_flight', legend: '{{instance}} claims' },
        { expr: 'watchbill_decision_streams', legend: '{{instance}} streams' },
        { expr: 'increase(watchbill_decision_streams_dropped_total[1h])', legend: '{{instance}} dropped' },
      ],
    ),
  ];
}

function stages(): readonly Panel[] {
  return [
    lines(
      'Time of each stage, 99th percentile',
      'A claim as a whole (with the delay of standbys), one call of the store, one append to the disk of the service.',
      's',
      [
        { expr: quantile('watchbill_claim_duration_seconds', ''), legend: 'claim' },
        { expr: quantile('watchbill_store_call_duration_seconds', ''), legend: 'store call' },
        { expr: quantile('watchbill_ledger_append_duration_seconds', ''), legend: 'ledger append' },
      ],
    ),
    lines('Store calls, 99th percentile', 'By call.', 's', [
      { expr: quantile('watchbill_store_call_duration_seconds', 'call, '), legend: '{{call}}' },
      {
        expr: quantile('watchbill_store_engine_call_duration_seconds', 'method, '),
        legend: 'TiKV, PD {{method}}',
      },
    ]),
    lines('Ledger', 'Entries a second, and most transactions in one round trip to the store.', 'short', [
      { expr: `rate(watchbill_ledger_entries_total[${RATE}])`, legend: '{{instance}} entries' },
      {
        expr: quantile('watchbill_store_batch_transactions', 'instance, '),
        legend: '{{instance}} transactions',
      },
    ]),
  ];
}

function store(): readonly Panel[] {
  return [
    lines('Members of the store', 'As the services see them, and whether it answers (1).', 'short', [
      { expr: 'watchbill_store_ok', legend: '{{instance}} answers' },
      { expr: 'watchbill_store_members', legend: '{{instance}} {{state}}' },
    ]),
    lines('Raft term', 'Rises with each election.', 'short', [
      { expr: 'watchbill_store_raft_term', legend: '{{instance}}' },
    ]),
    lines('etcd: leader', '1 at the leader; and whether a member has one.', 'short', [
      { expr: 'etcd_server_is_leader', legend: '{{instance}} leads' },
      { expr: 'etcd_server_has_leader', legend: '{{instance}} has a leader' },
    ]),
    lines('etcd: proposals a second', 'Writes that were stored, that wait and that failed.', 'short', [
      { expr: `rate(etcd_server_proposals_committed_total[${RATE}])`, legend: '{{instance}} stored' },
      { expr: 'etcd_server_proposals_pending', legend: '{{instance}} waiting' },
      { expr: `rate(etcd_server_proposals_failed_total[${RATE}])`, legend: '{{instance}} failed' },
    ]),
    lines('etcd: disk, 99th percentile', 'fsync of the log, and commit of the database.', 's', [
      { expr: quantile('etcd_disk_wal_fsync_duration_seconds', 'instance, '), legend: '{{instance}} fsync' },
      {
        expr: quantile('etcd_disk_backend_commit_duration_seconds', 'instance, '),
        legend: '{{instance}} commit',
      },
    ]),
    lines('etcd: space', 'Share of the quota that is used.', 'percentunit', [
      { expr: 'etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes', legend: '{{instance}}' },
    ]),
  ];
}

function gates(): readonly Panel[] {
  return [
    lines('Gates: answers a second', 'As the nodes count them.', 'short', [
      {
        expr: `sum by (instance, outcome) (rate(watchbill_gate_claims_total[${RATE}]))`,
        legend: '{{instance}} {{outcome}}',
      },
    ]),
    lines('Gates: time that a claim adds, 99th percentile', 'By kind; the time includes the network.', 's', [
      {
        expr: quantile('watchbill_gate_claim_seconds', 'instance, kind, '),
        legend: '{{instance}} {{kind}}',
      },
    ]),
    lines('Gates: rounds sat out an hour', 'Standbys sit rounds out all day (`off-watch`).', 'short', [
      {
        expr: 'sum by (instance, reason) (increase(watchbill_gate_abstentions_total[1h]))',
        legend: '{{instance}} {{reason}}',
      },
    ]),
    lines('Gates: blocks not sealed an hour', 'By reason.', 'short', [
      {
        expr: 'sum by (instance, reason) (increase(watchbill_gate_refused_seals_total[1h]))',
        legend: '{{instance}} {{reason}}',
      },
    ]),
    lines('Gates: keys that vote', '1: the GRANDPA key votes in its round.', 'short', [
      { expr: 'watchbill_gate_voting', legend: '{{instance}} {{key}}' },
    ]),
    lines('Gates: services that answer', '1: the last request was answered.', 'short', [
      { expr: 'watchbill_gate_service_up', legend: '{{instance}} {{service}}' },
    ]),
  ];
}

function upkeep(): readonly Panel[] {
  return [
    lines('Clock offset of the nodes', 'Against their chain, as they report it.', 's', [
      { expr: 'watchbill_node_clock_offset_seconds', legend: '{{node}}' },
    ]),
    lines('Certificates end in', 'Of each service with TLS.', 's', [
      { expr: 'watchbill_certificate_end_timestamp_seconds - time()', legend: '{{instance}}' },
    ]),
    lines('Age of the newest backup', 'Of each node with backups, by the exporter of `fleet`.', 's', [
      {
        expr: 'time() - max by (network, node) (watchbill_fleet_backup_finished_timestamp_seconds)',
        legend: '{{node}}',
      },
    ]),
    table('Releases', 'Of the services.', 'short', 'watchbill_build_info'),
  ];
}
