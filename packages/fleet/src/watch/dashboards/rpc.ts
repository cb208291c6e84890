import { CHOSEN, type Dashboard, lines, number, RATE } from '@watchbill/kit/alerts';

const GATEWAY = 'job="watchbill-gateway",place=~"$place"';

/** RPC nodes, and the gateway before them. */
export const RPC: Dashboard = {
  uid: 'watchbill-rpc',
  title: 'Watchbill: RPC and gateway',
  about: 'Calls, refused calls, and response times of nodes.',
  choices: [
    { name: 'network', series: 'up', label: 'network' },
    { name: 'place', series: 'up', label: 'place' },
  ],
  panels: [
    number(
      'Nodes in sync',
      'Nodes that get requests from the gateways.',
      'short',
      `sum(watchbill_gateway_backend_state{${GATEWAY},state="ready"})`,
      {
        bad: { at: 1, when: 'below' },
      },
    ),
    number(
      'Connections',
      'WebSocket connections of callers.',
      'short',
      `sum(watchbill_gateway_connections{${GATEWAY}})`,
    ),
    number('Under way', 'HTTP requests.', 'short', `sum(watchbill_gateway_in_flight{${GATEWAY}})`),
    number(
      'Sessions at nodes',
      'Opened less closed.',
      'short',
      `sum(substrate_rpc_sessions_opened{${CHOSEN}}) - sum(substrate_rpc_sessions_closed{${CHOSEN}})`,
    ),
    lines('Requests', 'By tier and outcome.', 'reqps', [
      {
        expr: `sum by (tier, outcome) (rate(watchbill_gateway_requests_total{${GATEWAY}}[${RATE}]))`,
        legend: '{{tier}} {{outcome}}',
      },
    ]),
    lines('Refused callers', 'By reason.', 'reqps', [
      {
        expr: `sum by (why) (rate(watchbill_gateway_refused_callers_total{${GATEWAY}}[${RATE}]))`,
        legend: '{{why}}',
      },
    ]),
    lines(
      'Time until a node answered',
      '50 %, 95 % and 99 % of the requests take less.',
      's',
      [0.5, 0.95, 0.99].map((share) => ({
        expr: `histogram_quantile(${share}, sum by (le) (rate(watchbill_gateway_node_seconds_bucket{${GATEWAY}}[${RATE}])))`,
        legend: `${share * 100} %`,
      })),
    ),
    lines('Not answered', 'Share of the calls of the gateways.', 'percentunit', [
      {
        expr: `sum by (instance) (rate(watchbill_gateway_node_seconds_count{${GATEWAY},outcome="error"}[${RATE}])) / sum by (instance) (rate(watchbill_gateway_node_seconds_count{${GATEWAY}}[${RATE}]))`,
        legend: '{{instance}}',
      },
    ]),
    lines('Height of nodes', 'As the gateways see it; a node that stays behind gets no requests.', 'short', [
      { expr: `watchbill_gateway_backend_height{${GATEWAY}}`, legend: '{{backend}}' },
    ]),
    lines('Connections that the gateway ended', 'By reason.', 'short', [
      {
        expr: `sum by (why) (rate(watchbill_gateway_closed_connections_total{${GATEWAY}}[${RATE}]))`,
        legend: '{{why}}',
      },
    ]),
    lines('Calls at nodes', 'By method, the ten most frequent.', 'reqps', [
      {
        expr: `topk(10, sum by (method) (rate(substrate_rpc_calls_finished{${CHOSEN}}[${RATE}])))`,
        legend: '{{method}}',
      },
    ]),
    lines('Time of calls at nodes', '95 % of the calls take less, in microseconds.', 'µs', [
      {
        expr: `histogram_quantile(0.95, sum by (instance, le) (rate(substrate_rpc_calls_time_bucket{${CHOSEN}}[${RATE}])))`,
        legend: '{{instance}}',
      },
    ]),
  ],
};
