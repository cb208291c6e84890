import { type Case, DAY, pair, rising, still } from './case.ts';
import { STANDBY_CASES } from './standby-cases.ts';
import { UNIT_CASES } from './unit-cases.ts';

const KEY = 'chain="0xc",key="0xk"';
const at = (series: string, labels = '', instance = 's1') =>
  `${series}{instance="${instance}",job="watchbill"${labels === '' ? '' : `,${labels}`}}`;
const decisions = (outcome: string, reason: string) =>
  at('watchbill_decisions_total', `duty="babe",outcome="${outcome}",reason="${reason}"`);
/** A histogram of which `slow` in a hundred lie above `bound`. */
const histogram = (series: string, labels: string, bound: string, slow: number) => ({
  [at(`${series}_bucket`, `${labels}le="${bound}"`)]: rising(100 - slow),
  [at(`${series}_bucket`, `${labels}le="10"`)]: rising(100),
  [at(`${series}_bucket`, `${labels}le="+Inf"`)]: rising(100),
});
const of = (series: string, labels = '') => at(`watchbill_gate_${series}`, labels, 'v1');
const up = (service: string) => of('service_up', `service="${service}"`);
const DAYS = (count: number) => still(count * 86_400);

const SERVICE: readonly Case[] = [
  ...pair(
    'WatchbillNobodyGrants',
    5,
    { [at('watchbill_ready')]: still(0), [at('watchbill_ready', '', 's2')]: still(0) },
    { [at('watchbill_ready')]: still(0), [at('watchbill_ready', '', 's2')]: still(1) },
  ),
  { alert: 'WatchbillNobodyGrants', fires: true, series: { [at('up')]: still(0) }, minutes: 5 },
  ...pair(
    'WatchbillServiceNotReady',
    5,
    { [at('watchbill_ready')]: still(0) },
    { [at('watchbill_ready')]: '1 0 1+0x100', [at('up')]: still(1) },
  ),
  { alert: 'WatchbillServiceNotReady', fires: true, series: { [at('up')]: still(0) }, minutes: 5 },
  ...pair(
    'WatchbillNoMarginLeft',
    5,
    { [at('watchbill_store_quorum_margin')]: still(0) },
    { [at('watchbill_store_quorum_margin')]: still(1) },
  ),
  ...pair(
    'WatchbillNobodyOnWatch',
    5,
    { [at('watchbill_watch_live', KEY)]: still(0) },
    { [at('watchbill_watch_live', KEY)]: still(0), [at('watchbill_watch_live', KEY, 's2')]: still(1) },
  ),
  ...pair(
    'WatchbillStoreBehind',
    5,
    { [at('watchbill_session_state', 'state="behind"')]: still(1) },
    {
      [at('watchbill_session_state', 'state="behind"')]: still(0),
      [at('watchbill_session_state', 'state="checking"')]: still(1),
    },
  ),
  ...pair(
    'WatchbillKeyFrozen',
    5,
    { [at('watchbill_key_frozen', KEY)]: still(1) },
    { [at('watchbill_key_frozen', KEY)]: '1 1 0+0x100' },
  ),
  ...pair(
    'WatchbillDenials',
    15,
    { [decisions('denied', 'digest-differs')]: '0+0x8 1+1x100' },
    {
      // Standbys hear these all day.
      [decisions('denied', 'unit-taken')]: rising(10),
      [decisions('denied', 'off-watch')]: rising(10),
      [decisions('denied', 'below-floor')]: rising(10),
    },
  ),
  ...pair(
    'WatchbillUnknown',
    15,
    { [decisions('unknown', 'store-unknown')]: rising(7) },
    { [decisions('unknown', 'store-unknown')]: rising(5) },
  ),
  ...pair(
    'WatchbillSlowGrants',
    30,
    histogram('watchbill_store_call_duration_seconds', '', '0.5', 2),
    histogram('watchbill_store_call_duration_seconds', '', '0.5', 0.5),
  ),
  ...pair(
    'WatchbillRefusedRequests',
    30,
    { [at('watchbill_requests_rejected_total', 'code="identity-unknown"')]: rising(61) },
    { [at('watchbill_requests_rejected_total', 'code="identity-unknown"')]: rising(59) },
  ),
  ...pair(
    'WatchbillStoreElections',
    60,
    { [at('watchbill_store_raft_term')]: '5+0x10 6 7 8 9+0x100' },
    { [at('watchbill_store_raft_term')]: '5+0x10 6 7 8+0x100' },
  ),
  ...pair(
    'WatchbillClockOff',
    20,
    { [at('watchbill_node_clock_offset_seconds', 'node="alpha"')]: still(-0.6) },
    { [at('watchbill_node_clock_offset_seconds', 'node="alpha"')]: still(0.4) },
  ),
  ...pair(
    'WatchbillCertificateEnds',
    120,
    { [at('watchbill_certificate_end_timestamp_seconds')]: DAYS(14) },
    { [at('watchbill_certificate_end_timestamp_seconds')]: DAYS(15) },
  ),
  ...pair(
    'WatchbillVersionsDiffer',
    DAY + 60,
    {
      [at('watchbill_build_info', 'version="1"')]: still(1, 2 * DAY),
      [at('watchbill_build_info', 'version="2"', 's2')]: still(1, 2 * DAY),
    },
    {
      [at('watchbill_build_info', 'version="2"')]: still(1, 2 * DAY),
      // The upgrade took a few hours.
      [at('watchbill_build_info', 'version="1"', 's2')]: '1+0x20',
      [at('watchbill_build_info', 'version="2"', 's2')]: '_x21 1+0x200',
    },
  ),
];

const STORE: readonly Case[] = [
  ...pair(
    'EtcdNoLeader',
    5,
    { [at('etcd_server_has_leader')]: still(0) },
    { [at('etcd_server_has_leader')]: '1 0 1+0x100' },
  ),
  ...pair(
    'EtcdElectsOften',
    60,
    { [at('etcd_server_leader_changes_seen_total')]: '0+0x10 1 2 3 4+0x100' },
    { [at('etcd_server_leader_changes_seen_total')]: '0+0x10 1 2+0x100' },
  ),
  ...pair(
    'EtcdSlowDisk',
    40,
    histogram('etcd_disk_wal_fsync_duration_seconds', '', '0.1', 2),
    histogram('etcd_disk_wal_fsync_duration_seconds', '', '0.1', 0.5),
  ),
  ...pair(
    'EtcdProposalsFail',
    30,
    { [at('etcd_server_proposals_failed_total')]: '0+0x20 8+0x100' },
    { [at('etcd_server_proposals_failed_total')]: '0+0x20 4+0x100' },
  ),
  ...pair(
    'EtcdProposalsPile',
    15,
    { [at('etcd_server_proposals_pending')]: still(101) },
    { [at('etcd_server_proposals_pending')]: still(99) },
  ),
  ...pair(
    'EtcdSpaceEnds',
    20,
    {
      [at('etcd_mvcc_db_total_size_in_bytes')]: still(81),
      [at('etcd_server_quota_backend_bytes')]: still(100),
    },
    {
      [at('etcd_mvcc_db_total_size_in_bytes')]: still(79),
      [at('etcd_server_quota_backend_bytes')]: still(100),
    },
  ),
];

const GATE: readonly Case[] = [
  ...pair(
    'GateReachesNoService',
    5,
    { [up('a')]: still(0), [up('b')]: still(0) },
    { [up('a')]: still(0), [up('b')]: still(1) },
  ),
  ...pair(
    'GateServiceDown',
    20,
    { [up('a')]: still(0), [up('b')]: still(1) },
    { [up('a')]: '0+0x8 1+0x100' },
  ),
  ...pair(
    'GateAbstains',
    40,
    { [of('abstentions_total', 'reason="voter-state"')]: rising(1) },
    {
      [of('abstentions_total', 'reason="off-watch"')]: rising(10),
      [of('abstentions_total', 'reason="unreachable"')]: '0+0x20 3+0x100',
    },
  ),
  ...pair(
    'GateSealsLate',
    60,
    { [of('refused_seals_total', 'reason="late"')]: '0+0x20 1 2 3 4+0x100' },
    {
      [of('refused_seals_total', 'reason="late"')]: '0+0x20 1+0x100',
      [of('refused_seals_total', 'reason="unit-taken"')]: rising(3),
    },
  ),
  ...pair(
    'GateSealsUngranted',
    30,
    { [of('refused_seals_total', 'reason="not-granted"')]: '0+0x20 1+0x100' },
    {
      [of('refused_seals_total', 'reason="not-granted"')]: still(1),
      [of('refused_seals_total', 'reason="late"')]: rising(1),
    },
  ),
  ...pair('GateSlow', 60, histogram('watchbill_gate_claim_seconds', 'kind="babe",', '1', 2), {
    ...histogram('watchbill_gate_claim_seconds', 'kind="babe",', '1', 0.5),
    // A vote may wait for long.
    [of('claim_seconds_bucket', 'kind="grandpa",le="10"')]: rising(9),
  }),
];

/** For every alert of the permission service: data that must fire it, and similar data that must not. */
export const SERVICE_CASES: readonly Case[] = [
  ...SERVICE,
  ...STANDBY_CASES,
  ...UNIT_CASES,
  ...STORE,
  ...GATE,
];
