import { CHOSEN, type Dashboard, lines, number, table } from '@watchbill/kit/alerts';

/** All places together. */
export const FLEET: Dashboard = {
  uid: 'watchbill-fleet',
  title: 'Watchbill: fleet',
  about: 'All nodes of a network, over its places: nodes that are down, lag or differ.',
  choices: [
    { name: 'network', series: 'up', label: 'network' },
    { name: 'place', series: 'up', label: 'place' },
  ],
  panels: [
    number(
      'Nodes',
      'Nodes that are read.',
      'short',
      `count(up{${CHOSEN},role!="",endpoint!="relay-metrics"})`,
    ),
    number(
      'Down',
      'Nodes that do not answer Prometheus.',
      'short',
      `count(count by (network, place, instance) (up{${CHOSEN},role!=""} == 0)) or vector(0)`,
      {
        bad: { at: 1, when: 'above' },
      },
    ),
    number(
      'Pages',
      'Alerts that need a person now.',
      'short',
      'count(ALERTS{alertstate="firing",severity="page",network=~"$network|"}) or vector(0)',
      {
        bad: { at: 1, when: 'above' },
      },
    ),
    number(
      'Tickets',
      'Alerts for the daytime.',
      'short',
      'count(ALERTS{alertstate="firing",severity="ticket",network=~"$network|"}) or vector(0)',
      {
        bad: { at: 1, when: 'above' },
      },
    ),
    lines(
      'Nodes by place',
      'Nodes that answer. If a place vanishes, its agent or its connection to this Prometheus is down.',
      'short',
      [{ expr: `sum by (place) (up{${CHOSEN},role!="",endpoint!="relay-metrics"})`, legend: '{{place}}' }],
    ),
    lines(
      'Final height',
      'The highest final block that each place has seen. If only one line is flat, that place is cut off.',
      'short',
      [
        {
          expr: `max by (place, chain) (substrate_block_height{status="finalized",${CHOSEN}})`,
          legend: '{{place}} {{chain}}',
        },
      ],
    ),
    lines(
      'Finality lag',
      'Blocks between the best and the final one, the worst node of each pool.',
      'short',
      [
        {
          expr: `max by (pool, chain) (substrate_block_height{status="best",${CHOSEN}} - ignoring(status) substrate_block_height{status="finalized",${CHOSEN}})`,
          legend: '{{pool}} {{chain}}',
        },
      ],
    ),
    lines('Least peers', 'Peers of the node with the fewest, in each pool.', 'short', [
      {
        expr: `min by (pool, chain) (substrate_sub_libp2p_peers_count{${CHOSEN}})`,
        legend: '{{pool}} {{chain}}',
      },
    ]),
    lines('Exporters', 'Time of the last look, and looks that failed in an hour.', 's', [
      { expr: `watchbill_fleet_look_seconds{${CHOSEN}}`, legend: '{{network}} {{place}}' },
      { expr: `increase(watchbill_fleet_look_errors_total{${CHOSEN}}[1h])`, legend: '{{place}} failed' },
    ]),
    table(
      'Alerts',
      'Firing alerts.',
      'short',
      'ALERTS{alertstate="firing",network=~"$network|",alertname!="Watching"}',
    ),
    table(
      'Versions',
      'Nodes by version: more than one version during a roll-out, or after an unfinished one.',
      'short',
      `count by (network, chain, pool, version) (substrate_build_info{${CHOSEN},endpoint!="relay-metrics"})`,
    ),
    table(
      'Runtimes',
      'Version of the runtime at the final block of each node.',
      'short',
      `watchbill_fleet_runtime_version{${CHOSEN}}`,
    ),
    table(
      'Unknown facts',
      'Facts that the exporters could not find out in their last look. Their logs have the reasons.',
      'short',
      `watchbill_fleet_unknown{${CHOSEN}}`,
    ),
  ],
};
