import type { Alert, AlertGroup } from '@watchbill/kit/alerts';

const MEMBER = 'the member {{ $labels.instance }} of etcd';

/** The members of etcd under a permission service, by the series that etcd serves itself. */
export function storeAlerts(): AlertGroup {
  return {
    name: 'watchbill-store',
    about: 'etcd under the permission service',
    alerts: ALERTS,
  };
}

const ALERTS: readonly Alert[] = [
  {
    name: 'EtcdNoLeader',
    severity: 'page',
    expr: 'etcd_server_has_leader == 0',
    for: '1m',
    summary: `${MEMBER} has no leader`,
    means: 'The member is cut off from the quorum. If every member reports this, no service grants.',
    todo: 'look at the network between the members and at those that are down',
    run: 'etcdctl endpoint status --cluster -w table',
  },
  {
    name: 'EtcdElectsOften',
    severity: 'ticket',
    expr: 'increase(etcd_server_leader_changes_seen_total[1h]) > 3',
    for: '5m',
    summary: `${MEMBER} saw {{ $value }} changes of the leader in an hour`,
    means: 'Each change stops grants for about a second. The members lose each other, or a disk is too slow.',
    todo: 'look at the network between the members and at `EtcdSlowDisk`',
    run: 'etcdctl endpoint status --cluster -w table',
  },
  {
    name: 'EtcdSlowDisk',
    severity: 'ticket',
    expr: 'histogram_quantile(0.99, sum by (instance, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[10m]))) > 0.1',
    for: '10m',
    summary: `one fsync in a hundred of ${MEMBER} takes longer than a tenth of a second`,
    means: 'A grant waits for the fsync of a quorum. A slow disk also causes elections.',
    todo: 'give etcd a disk without other writers, for example an NVMe',
    run: 'etcdctl check perf',
  },
  {
    name: 'EtcdProposalsFail',
    severity: 'ticket',
    expr: 'increase(etcd_server_proposals_failed_total[15m]) > 5',
    for: '1m',
    summary: `{{ $value }} writes failed at ${MEMBER} in a quarter of an hour`,
    means: 'Writes were lost in elections, or the quorum was gone. The nodes of those claims did not sign.',
    todo: 'look at the leader and at the members that are lost',
    run: 'etcdctl endpoint health --cluster',
  },
  {
    name: 'EtcdProposalsPile',
    severity: 'ticket',
    expr: 'etcd_server_proposals_pending > 100',
    for: '5m',
    summary: `{{ $value }} writes wait at ${MEMBER}`,
    means: 'The member takes more writes than the quorum can store, so grants come late.',
    todo: 'look at the disks, and for another client that writes to this cluster',
    run: 'etcdctl endpoint status --cluster -w table',
  },
  {
    name: 'EtcdSpaceEnds',
    severity: 'page',
    expr: 'etcd_mvcc_db_total_size_in_bytes / etcd_server_quota_backend_bytes > 0.8',
    for: '10m',
    summary: `{{ $value | humanizePercentage }} of the space of ${MEMBER} is used`,
    means: 'At 100 % etcd refuses every write, and no service grants.',
    todo: 'compact and defragment the members one by one, or raise the quota: docs/duty/how-to/etcd.md',
    run: 'etcdctl endpoint status --cluster -w table',
  },
];
