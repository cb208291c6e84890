import { DAY, height } from './case.ts';

/** A piece of a series: `count` minutes that begin with `from` and go up by `step`. */
type Piece = readonly [from: number, step: number, count: number];
const pieces = (...all: readonly Piece[]) =>
  all
    .filter(([, , count]) => count > 0)
    .map(([from, step, count]) => `${from}+${step}x${count - 1}`)
    .join(' ');

/** The series of a healthy set-up with three services, two machines, a fleet, a group and a guard. */
export function healthy(days: number): Readonly<Record<string, string>> {
  const minutes = days * DAY + 1;
  const still = (value: number) => pieces([value, 0, minutes]);
  const rising = (step: number) => pieces([0, step, minutes]);
  /** `usual`, except for some minutes from a day on; days after the end never come. */
  const except = (usual: number, day: number, count: number, value: number) =>
    day * DAY >= minutes
      ? still(usual)
      : pieces([usual, 0, day * DAY], [value, 0, count], [usual, 0, minutes - day * DAY - count]);
  /** A counter that goes up by `by` on a day. */
  const once = (day: number, by: number) =>
    day * DAY >= minutes ? still(0) : pieces([0, 0, day * DAY], [by, 0, minutes - day * DAY]);
  /** Seconds since the start of the test of the newest event of a kind that comes every so many days. */
  const newest = (every: number) =>
    pieces(
      ...Array.from({ length: Math.ceil(minutes / (every * DAY)) }, (_, nth): Piece => {
        const from = nth * every * DAY;
        return [from * 60, 0, Math.min(every * DAY, minutes - from)];
      }),
    );
  const quick = (series: string, labels: string) => ({
    [`${series}_bucket{${labels},le="0.1"}`]: rising(60),
    [`${series}_bucket{${labels},le="+Inf"}`]: rising(60),
  });
  const tools = { still, rising, except, once, newest, quick };
  return {
    ...service(tools),
    ...etcd(tools),
    ...gates(tools),
    ...fleet(tools),
    ...group(tools),
    ...guard(tools),
    ...nominate(tools),
  };
}

interface Tools {
  readonly still: (value: number) => string;
  readonly rising: (step: number) => string;
  readonly except: (usual: number, day: number, count: number, value: number) => string;
  readonly once: (day: number, by: number) => string;
  readonly newest: (everyDays: number) => string;
  readonly quick: (series: string, labels: string) => Readonly<Record<string, string>>;
}

/** A restart on day 4; a notice on day 9; the database away for two minutes on day 12. */
function nominate({ still, except }: Tools) {
  const at = (metric: string, labels = '') =>
    `watchbill_nominate_${metric}{instance="nominate",job="nominate"${labels === '' ? '' : `,${labels}`}}`;
  return {
    'up{instance="nominate",job="nominate"}': except(1, 4, 2, 0),
    [at('storage_up')]: except(1, 12, 2, 0),
    [at('snapshot_age_seconds')]: still(290),
    [at('era_lag', 'of="round"')]: except(0, 5, 400, 1),
    [at('era_lag', 'of="points"')]: still(0),
    [at('transactions_held')]: still(0),
    [at('transactions', 'state="submitted"')]: except(0, 6, 2, 1),
    [at('transactions', 'state="announced"')]: except(0, 6, 2_000, 1),
    [at('job_state', 'name="snapshot",state="failed"')]: except(0, 8, 10, 1),
    [at('job_state', 'name="snapshot",state="running"')]: except(0, 8, 5, 1),
    [at('endpoint_connected', 'role="staking",endpoint="a"')]: except(1, 11, 30, 0),
    [at('endpoint_connected', 'role="staking",endpoint="b"')]: still(1),
    [at('telemetry_connected', 'feed="f"')]: except(1, 13, 20, 0),
    [at('payouts_unclaimed')]: except(0, 14, 1_000, 3),
    [at('notices_open', 'severity="critical"')]: except(0, 9, 5, 1),
    [at('notices_open', 'severity="warning"')]: still(1),
  };
}

const KEY = 'chain="0xc",key="0xk"';
const at = (instance: string) => `instance="${instance}",job="watchbill"`;

/** One service is restarted on day 3; a member of etcd on day 10; a drill every three weeks. */
function service({ still, rising, except, once, newest, quick }: Tools) {
  const each = ['s1', 's2', 's3'].flatMap((name) => [
    [`up{${at(name)}}`, name === 's2' ? except(1, 3, 2, 0) : still(1)],
    [`watchbill_ready{${at(name)}}`, name === 's2' ? except(1, 3, 2, 0) : still(1)],
    [`watchbill_session_state{${at(name)},state="behind"}`, still(0)],
    [`watchbill_store_ok{${at(name)}}`, still(1)],
    [`watchbill_store_quorum_margin{${at(name)}}`, except(1, 10, 1, 0)],
    [`watchbill_store_raft_term{${at(name)}}`, once(10, 1)],
    [`watchbill_key_frozen{${at(name)},${KEY}}`, still(0)],
    [`watchbill_active_node_live{${at(name)},${KEY}}`, still(1)],
    [`watchbill_build_info{${at(name)},version="1"}`, still(1)],
    [`watchbill_certificate_end_timestamp_seconds{${at(name)}}`, still(90 * 86_400)],
    [`watchbill_requests_rejected_total{${at(name)},code="identity-unknown"}`, once(5, 3)],
  ]);
  const decided = (outcome: string, reason: string) =>
    `watchbill_decisions_total{${at('s1')},duty="babe",outcome="${outcome}",reason="${reason}"}`;
  return {
    ...Object.fromEntries(each),
    [decided('granted', 'new')]: rising(20),
    [decided('denied', 'unit-taken')]: rising(10),
    [decided('denied', 'off-watch')]: rising(10),
    [decided('unknown', 'store-unknown')]: once(10, 4),
    [`watchbill_node_clock_offset_seconds{${at('s1')},node="v1"}`]: still(0.04),
    // A slot that another author won is no missed one, and one late slot in the month is.
    [`watchbill_units_total{${at('s1')},key="0xk",duty="babe",outcome="signed"}`]: rising(10),
    [`watchbill_units_total{${at('s1')},key="0xk",duty="babe",outcome="late"}`]: once(5, 1),
    [`watchbill_active_node{${at('s1')},${KEY},node="v1"}`]: still(1),
    [`watchbill_parachain_key_lease{${at('s1')},${KEY},name="0xp",node="v1"}`]: except(1, 4, 1, 0),
    [`watchbill_standby_due{${at('s1')},${KEY},node="v2"}`]: still(120),
    [`watchbill_standby_would_grant{${at('s1')},${KEY},node="v2"}`]: still(120),
    [`watchbill_standby_last_drill_timestamp_seconds{${at('s1')},${KEY},node="v2"}`]: newest(21),
    ...quick('watchbill_store_call_duration_seconds', `${at('s1')},call="transact"`),
  };
}

function etcd({ still, except, once, quick }: Tools) {
  return {
    'etcd_server_has_leader{instance="e1"}': except(1, 10, 1, 0),
    'etcd_server_leader_changes_seen_total{instance="e1"}': once(10, 1),
    'etcd_server_proposals_failed_total{instance="e1"}': once(10, 3),
    'etcd_server_proposals_pending{instance="e1"}': still(1),
    'etcd_mvcc_db_total_size_in_bytes{instance="e1"}': still(30e6),
    'etcd_server_quota_backend_bytes{instance="e1"}': still(2e9),
    ...quick('etcd_disk_wal_fsync_duration_seconds', 'instance="e1"'),
  };
}

function gates({ still, rising, except, once, quick }: Tools) {
  return {
    'watchbill_gate_service_up{instance="v1",service="https://s1"}': still(1),
    'watchbill_gate_service_up{instance="v1",service="https://s2"}': except(1, 3, 2, 0),
    'watchbill_gate_abstentions_total{instance="v2",reason="off-watch"}': rising(10),
    'watchbill_gate_abstentions_total{instance="v1",reason="unreachable"}': once(10, 2),
    'watchbill_gate_refused_seals_total{instance="v2",reason="unit-taken"}': rising(1),
    'watchbill_gate_refused_seals_total{instance="v1",reason="late"}': once(10, 1),
    'watchbill_gate_unknown_kinds_total{instance="v1",kind="nimb"}': still(0),
    ...quick('watchbill_gate_claim_seconds', 'instance="v1",kind="babe"'),
  };
}

export const SIGNER = 'network="n",pool="v",role="validator",instance="v1",chain="c"';
const STASH = 'network="n",place="east",pool="v",role="validator",node="v1",stash="S"';

/** A validator and an RPC node; the validator is restarted on day 20, keys change on day 12. */
function fleet({ still, rising, except, once, newest }: Tools) {
  const nodes = [SIGNER, 'network="n",pool="rpc",role="rpc",instance="r1",chain="c"'].flatMap((labels) => [
    [`up{${labels.replace(/,chain="c"/, '')}}`, labels === SIGNER ? except(1, 20, 1, 0) : still(1)],
    [height('best', labels), rising(10)],
    [height('finalized', labels), rising(10)],
    [`substrate_sub_libp2p_peers_count{${labels}}`, still(30)],
    [`substrate_sub_libp2p_incoming_connections_total{${labels}}`, rising(1)],
    [`substrate_process_start_time_seconds{${labels}}`, labels === SIGNER ? once(20, 1_728_000) : still(1)],
    [`substrate_ready_transactions_number{${labels}}`, still(20)],
    [`substrate_build_info{${labels},version="1"}`, still(1)],
  ]);
  return {
    ...Object.fromEntries(nodes),
    [`substrate_proposer_block_constructed_count{${SIGNER}}`]: rising(0.02),
    [`substrate_finality_grandpa_prevotes_total{${SIGNER}}`]: rising(20),
    [`watchbill_fleet_in_set{${STASH},set="current",expected="yes"}`]: still(1),
    [`watchbill_fleet_in_set{${STASH},set="next",expected="yes"}`]: still(1),
    [`watchbill_fleet_keys_held{${STASH},keys="current"}`]: still(1),
    [`watchbill_fleet_keys_registered{${STASH}}`]: still(1),
    [`watchbill_fleet_keys_sessions_left{${STASH}}`]: except(0, 12, 480, 2),
    [`watchbill_fleet_slots_missed_total{${STASH},claim="secondary"}`]: once(8, 1),
    [`watchbill_fleet_blocks_authored_total{${STASH},claim="secondary"}`]: rising(0.02),
    'watchbill_fleet_backup_finished_timestamp_seconds{network="n",node="v1"}': newest(1),
    'watchbill_fleet_backup_tried_timestamp_seconds{network="n",node="v1"}': newest(1),
    'watchbill_fleet_backup_drill_timestamp_seconds{network="n",node="v1"}': newest(30),
    'node_timex_offset_seconds{instance="m"}': still(0.001),
    'node_timex_sync_status{instance="m"}': still(1),
    'node_filesystem_avail_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(6e11),
    'node_filesystem_size_bytes{instance="m",mountpoint="/",fstype="ext4"}': still(1e12),
    [`watchbill_fleet_node_info{${STASH.replace(/,stash.*/, '')},version="1"}`]: still(1),
    'up{job="watchbill-exporter",instance="x"}': still(1),
    'watchbill_fleet_look_finished_timestamp_seconds{instance="x"}': rising(60),
    'watchbill_gateway_backend_state{instance="g",backend="r1",state="ready"}': still(1),
    'watchbill_gateway_node_seconds_count{instance="g",outcome="answer"}': rising(100),
    'watchbill_gateway_node_seconds_count{instance="g",outcome="error"}': rising(1),
    'watchbill_gateway_certificate_end_seconds{instance="g"}': still(90 * 86_400),
    'watchbill_fleet_certificate_end_timestamp_seconds{endpoint="wss://rpc"}': still(90 * 86_400),
    [`watchbill_fleet_unknown{${STASH},what="keys-held"}`]: except(0, 20, 1, 1),
    'watchbill_fleet_runtime_version{network="n",node="v1",runtime="westend"}': still(1),
    'substrate_unbounded_channel_size{network="n",instance="v1",entity="q"}': still(3),
    'substrate_rpc_calls_time_bucket{network="n",chain="c",le="1e4"}': rising(60),
    'substrate_rpc_calls_time_bucket{network="n",chain="c",le="+Inf"}': rising(60),
    'watchbill_fleet_disk_available_bytes{network="n",node="v1"}': still(6e11),
    'watchbill_fleet_disk_size_bytes{network="n",node="v1"}': still(1e12),
  };
}

/**
 * The node is restarted on day 4 after a stop by a person, and its keys wait for a minute. The machine is the
 * active one of a pair.
 */
function guard({ still, except, once }: Tools) {
  const of = (series: string, labels = '') =>
    `watchbill_guard_${series}{job="watchbill-guard",instance="v3"${labels}}`;
  return {
    'up{job="watchbill-guard",instance="v3"}': except(1, 4, 1, 0),
    [of('keys', ',kind="gran",state="refused"')]: still(0),
    [of('keys', ',kind="gran",state="open"')]: except(1, 4, 1, 0),
    [of('key_wait_seconds', ',kind="gran"')]: except(0, 4, 1, 45),
    [of('node_starts_total')]: once(4, 1),
    [of('lapses_total')]: still(0),
    [of('active', ',pair="/v/"')]: still(1),
    [of('pair_failures_total')]: once(10, 2),
    [of('fences_total', ',result="unknown"')]: still(0),
  };
}

function group({ still, rising, once }: Tools) {
  const of = (series: string, labels = '') =>
    `watchbill_coordinate_${series}{group="g",member="m1"${labels}}`;
  return {
    'up{job="coordinate",instance="m1"}': still(1),
    [of('height')]: rising(10),
    [of('lease_start')]: still(0),
    [of('lease_end')]: still(0),
    [of('peers')]: still(3),
    [of('members')]: still(4),
    [of('quorum')]: still(3),
    [of('own_key_elsewhere')]: still(0),
    [of('member_connected', ',peer="m2"')]: still(1),
    [of('outcomes_total', ',result="execute",reason=""')]: rising(0.0167),
    [of('outcomes_total', ',result="failed",reason="no-certificate"')]: once(9, 1),
    [of('receipts_total', ',action="call",result="done"')]: rising(0.0167),
    [of('receipts_total', ',action="call",result="failed"')]: still(0),
    [of('faults_total', ',kind="idleness"')]: once(9, 1),
    [of('store_failures_total', ',what="store-cursor"')]: still(0),
    [of('transport_refusals_total', ',reason="bad-signature"')]: once(11, 5),
    [of('dropped_total', ',event="message",reason="over-quota"')]: still(0),
    [of('port_failures_total', ',what="height"')]: once(12, 9),
  };
}
