import { CHOSEN, type Dashboard, lines, number, RATE } from '@watchbill/kit/alerts';

const NODE = `${CHOSEN},instance=~"$node"`;
const each = (expr: string) => [{ expr, legend: '{{instance}}' }];

/** One node, or some that are compared. */
export const NODE_DASHBOARD: Dashboard = {
  uid: 'watchbill-node',
  title: 'Watchbill: node',
  about: 'One node by itself: height, peers, queues, database, processor, disk.',
  choices: [
    { name: 'network', series: 'substrate_block_height', label: 'network' },
    { name: 'place', series: 'substrate_block_height', label: 'place' },
    { name: 'node', series: 'substrate_block_height', label: 'instance' },
  ],
  panels: [
    number(
      'Best block',
      'The highest block that the node has.',
      'short',
      `max(substrate_block_height{status="best",${NODE}})`,
    ),
    number(
      'Final block',
      'The highest block that cannot be reverted.',
      'short',
      `max(substrate_block_height{status="finalized",${NODE}})`,
    ),
    number(
      'Peers',
      'Fewer than three is too few.',
      'short',
      `min(substrate_sub_libp2p_peers_count{${NODE}})`,
      {
        bad: { at: 3, when: 'below' },
      },
    ),
    number(
      'Runs for',
      'Since the process began.',
      's',
      `min(time() - substrate_process_start_time_seconds{${NODE}})`,
    ),
    lines('Height', 'Best and final block.', 'short', [
      { expr: `substrate_block_height{status=~"best|finalized",${NODE}}`, legend: '{{instance}} {{status}}' },
    ]),
    lines(
      'Blocks a minute',
      'Imported; a chain of six seconds has ten.',
      'short',
      each(`rate(substrate_block_height{status="best",${NODE}}[${RATE}]) * 60`),
    ),
    lines('Peers', 'All of them.', 'short', each(`substrate_sub_libp2p_peers_count{${NODE}}`)),
    lines('Network', 'Bytes a second, in and out.', 'Bps', [
      {
        expr: `rate(substrate_sub_libp2p_network_bytes_total{${NODE}}[${RATE}])`,
        legend: '{{instance}} {{direction}}',
      },
    ]),
    lines(
      'Time to verify a block',
      '95 % of the blocks take less.',
      's',
      each(
        `histogram_quantile(0.95, sum by (instance, le) (rate(substrate_block_verification_and_import_time_bucket{${NODE}}[${RATE}])))`,
      ),
    ),
    lines(
      'Transactions that wait',
      'Ready ones in the pool.',
      'short',
      each(`substrate_ready_transactions_number{${NODE}}`),
    ),
    lines(
      'Fullest queue',
      'Items in the fullest of its queues; a queue that stays above 200 is stuck.',
      'short',
      each(`max by (instance) (substrate_unbounded_channel_size{${NODE}})`),
      {
        bad: { at: 200, when: 'above' },
      },
    ),
    lines(
      'Tasks',
      'Seconds of work that its tasks do in a second: the processors that it uses.',
      'short',
      each(`sum by (instance) (rate(substrate_tasks_polling_duration_sum{${NODE}}[${RATE}]))`),
    ),
    lines('Database cache', 'Bytes.', 'bytes', each(`substrate_database_cache_bytes{${NODE}}`)),
    lines('Disk of the machine', 'Free share, by node_exporter.', 'percentunit', [
      {
        expr: 'node_filesystem_avail_bytes{place=~"$place",fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes{place=~"$place",fstype!~"tmpfs|overlay|squashfs"}',
        legend: '{{instance}} {{mountpoint}}',
      },
    ]),
    lines(
      'Volume of the node',
      'Free share, by the exporter, for machines without node_exporter.',
      'percentunit',
      each(`watchbill_fleet_disk_available_bytes{${NODE}} / watchbill_fleet_disk_size_bytes{${NODE}}`),
    ),
    lines('Clock', 'Offset of the clock of the machine, in seconds.', 's', [
      { expr: 'node_timex_offset_seconds{place=~"$place"}', legend: '{{instance}}' },
    ]),
  ],
};
