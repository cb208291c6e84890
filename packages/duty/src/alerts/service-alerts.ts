import type { Alert, AlertGroup, Thresholds } from '@watchbill/kit/alerts';

const KEY = 'key {{ $labels.key }}';
const SERVICE = 'the service {{ $labels.instance }}';

/**
 * The permission service: whether it grants, how many losses it survives, and contradicting records.
 * Prometheus scrapes the services in a job named `watchbill`.
 */
export function serviceAlerts(limits: Thresholds): AlertGroup {
  return {
    name: 'watchbill-service',
    about: 'the permission service',
    alerts: [...grantAlerts(), ...recordAlerts(), ...answerAlerts(), ...upkeepAlerts(limits)],
  };
}

function grantAlerts(): readonly Alert[] {
  return [
    {
      name: 'WatchbillNobodyGrants',
      severity: 'page',
      expr: 'sum(watchbill_ready) == 0 or absent(watchbill_ready)',
      for: '30s',
      summary: 'no permission service grants',
      means:
        'Nodes behind a gate sign no block and no vote until a service grants again. They sign nothing twice.',
      todo: 'read `state` and `detail` of `/readyz` of each service; do not restart a service that is `checking` or `joining`',
      run: 'watchbill status',
    },
    {
      name: 'WatchbillServiceNotReady',
      severity: 'ticket',
      expr: 'watchbill_ready == 0 or up{job="watchbill"} == 0',
      for: '2m',
      summary: `${SERVICE} does not grant`,
      means: 'The other services continue to grant. One more loss may stop them.',
      todo: 'read `state` and `detail` of its `/readyz`, then its log',
      run: 'watchbill status',
    },
    {
      name: 'WatchbillNoMarginLeft',
      severity: 'page',
      expr: 'watchbill_store_quorum_margin == 0',
      for: '1m',
      summary: 'one more lost member of the store of {{ $labels.instance }} stops every grant',
      means:
        'The store still has a quorum, but without a margin. For example, one of three members of etcd is lost.',
      todo: 'bring the lost member back, or replace it',
      run: 'watchbill status',
    },
    {
      name: 'WatchbillNobodyOnWatch',
      severity: 'page',
      expr: 'max by (chain, key) (watchbill_watch_live) == 0',
      for: '1m',
      summary: `no node is active for the ${KEY}`,
      means:
        'No listed node reports that it is ready, so the key casts no votes. Blocks are claimed as they come.',
      todo: 'look at the nodes of the key: running, in sync, with peers, and able to reach a service',
      run: 'watchbill status',
    },
  ];
}

function recordAlerts(): readonly Alert[] {
  return [
    {
      name: 'WatchbillStoreBehind',
      severity: 'page',
      expr: 'watchbill_session_state{state="behind"} == 1',
      for: '0m',
      summary: `the store of ${SERVICE} is behind the memory of a service or a node`,
      means:
        'The store was restored from an older state, lost writes, or is another store. Newer grants are missing in it, so no service grants.',
      todo: 'stop the signers of the keys, then follow docs/duty/how-to/recover/store-restored.md',
      run: 'watchbill rollback-report list',
    },
    {
      name: 'WatchbillKeyFrozen',
      severity: 'page',
      expr: 'max by (chain, key) (watchbill_key_frozen) == 1',
      for: '0m',
      summary: `the ${KEY} is frozen`,
      means:
        'A person froze the key, or an observer saw a signature of it that no service granted: a cloned keystore or a plain node signs. The machines behind the services sign nothing with it.',
      todo: 'find the other machine and stop it, then follow docs/duty/how-to/freeze.md; never lift the freeze before that',
      run: 'watchbill status',
    },
    {
      name: 'WatchbillDenials',
      severity: 'page',
      expr: 'sum by (duty, reason) (rate(watchbill_decisions_total{outcome="denied",reason=~"not-listed|duty-off|wrong-ledger|not-adopted|invalid-claim|digest-required|unit-ahead|digest-differs|word-refused"}[5m])) > 0',
      for: '5m',
      summary: 'claims of {{ $labels.duty }} are denied with {{ $labels.reason }}',
      means:
        'A healthy set-up makes no such claim. For example, `digest-differs`: one start of a node asked for two payloads of one unit; the second was denied.',
      todo: 'look the reason up in docs/duty/reference/reasons.md, and read the newest decisions',
      run: 'watchbill status',
    },
  ];
}

function answerAlerts(): readonly Alert[] {
  return [
    {
      name: 'WatchbillUnknown',
      severity: 'page',
      expr: 'sum by (reason) (rate(watchbill_decisions_total{outcome="unknown"}[5m])) > 0.1',
      for: '5m',
      summary: 'claims end without an answer: {{ $labels.reason }}',
      means:
        'The service could not decide in time, usually because the store did not answer. The nodes did not sign.',
      todo: 'look at the store first: its members, their disks, the network between them',
      run: 'watchbill status',
    },
    {
      name: 'WatchbillSlowGrants',
      severity: 'ticket',
      expr: 'histogram_quantile(0.99, sum by (le) (rate(watchbill_store_call_duration_seconds_bucket[5m]))) > 0.5',
      for: '10m',
      summary: 'one call of the store in a hundred takes longer than half a second',
      means:
        'Every grant waits for the store. If that takes longer than two thirds of a slot, blocks are missed.',
      todo: 'look at the disks of its members and at the delay between them',
      run: 'watchbill status',
    },
    {
      name: 'WatchbillRefusedRequests',
      severity: 'ticket',
      expr: 'sum by (code) (rate(watchbill_requests_rejected_total[5m])) > 1',
      for: '10m',
      summary: 'more than one request a second is refused: {{ $labels.code }}',
      means:
        'A node or an observer uses a wrong or revoked token, an expired certificate, or an unknown client tries.',
      todo: 'find the caller by the event `identity-refused` in the log, and look the code up in docs/duty/reference/problems.md',
    },
    {
      name: 'WatchbillStoreElections',
      severity: 'ticket',
      expr: 'changes(watchbill_store_raft_term[1h]) > 3',
      for: '5m',
      summary: 'the store of {{ $labels.instance }} elected a leader {{ $value }} times in an hour',
      means:
        'Each election stops grants for about a second. The members lose each other, or a disk is too slow.',
      todo: 'look at the network between the members and at the time of their fsync',
      run: 'watchbill status',
    },
  ];
}

function upkeepAlerts({ certificateDays, clockSkewSeconds }: Thresholds): readonly Alert[] {
  return [
    {
      name: 'WatchbillClockOff',
      severity: 'page',
      expr: `abs(watchbill_node_clock_offset_seconds) > ${clockSkewSeconds}`,
      for: '10m',
      summary: 'the clock of the node {{ $labels.node }} is {{ $value }} s off its chain',
      means:
        'Slots follow the clock: the node asks for units too early or too late, and its blocks are dropped.',
      todo: 'look at the time service of that machine',
      run: 'chronyc tracking',
    },
    {
      name: 'WatchbillCertificateEnds',
      severity: 'ticket',
      expr: `watchbill_certificate_end_timestamp_seconds - time() < ${certificateDays} * 86400`,
      for: '1h',
      summary: `the certificate of ${SERVICE} ends within ${certificateDays} days`,
      means: 'When it has ended, no node and no other service connects, so this service grants nothing.',
      todo: 'renew it, and restart the services one by one: docs/duty/how-to/tls.md',
      run: 'watchbill init --tls',
    },
    {
      name: 'WatchbillVersionsDiffer',
      severity: 'ticket',
      expr: 'count(count by (version) (watchbill_build_info)) > 1',
      for: '24h',
      summary: '{{ $value }} releases of the permission service have run for a day',
      means:
        'An upgrade was not finished. The ledger keeps the older format until every service runs one release.',
      todo: 'finish the upgrade: docs/duty/how-to/upgrade.md',
      run: 'watchbill status',
    },
  ];
}
