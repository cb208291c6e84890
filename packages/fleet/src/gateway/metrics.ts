import {
  counter,
  gauge,
  histogram,
  type Instruments,
  type Metrics,
  metricTable,
  openMetrics,
} from '@watchbill/kit/metrics';
import type { Backend } from './backend.ts';

export interface GatewayMetrics extends Pick<Metrics<typeof GATEWAY_METRICS>, 'text' | 'contentType'> {
  /** `outcome`: `allowed`, `method`, `limited`, `invalid`, `busy`. */
  readonly requests: (tier: string, outcome: string, count: number) => void;
  readonly refusedCallers: (why: string) => void;
  readonly answered: (outcome: 'answer' | 'error', seconds: number) => void;
  readonly closed: (why: string) => void;
}

const SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const STATES = ['unknown', 'ready', 'syncing', 'lagging', 'wrong-chain', 'down'] as const;

/** Every series of a gateway, except those of the process. */
export const GATEWAY_METRICS = metricTable({
  requests: counter('watchbill_gateway_requests_total', 'Requests by tier of the caller and outcome.', [
    'tier',
    'outcome',
  ]),
  refusedCallers: counter(
    'watchbill_gateway_refused_callers_total',
    'Requests and connections of refused callers, by reason.',
    ['why'],
  ),
  nodeSeconds: histogram(
    'watchbill_gateway_node_seconds',
    'Time until the answer of a node, over HTTP.',
    SECONDS,
    ['outcome'],
  ),
  closed: counter(
    'watchbill_gateway_closed_connections_total',
    'WebSocket connections that the gateway ended, by reason.',
    ['why'],
  ),
  backendState: gauge('watchbill_gateway_backend_state', '1 for the present state of a node.', [
    'backend',
    'state',
  ]),
  backendHeight: gauge(
    'watchbill_gateway_backend_height',
    'Best block of a node; missing if it is not known.',
    ['backend'],
  ),
  connections: gauge('watchbill_gateway_connections', 'WebSocket connections of callers.'),
  inFlight: gauge('watchbill_gateway_in_flight', 'HTTP requests under way.'),
  certificateEnd: gauge(
    'watchbill_gateway_certificate_end_seconds',
    'Unix time at which the certificate of the gateway ends.',
  ),
});

export function gatewayMetrics(
  backends: readonly Backend[],
  load: Load,
  /** End of the certificate, in Unix milliseconds; null if there is none. */
  certificateEndMs: number | null,
): GatewayMetrics {
  const { series, text, contentType } = openMetrics(GATEWAY_METRICS, { runtime: '' });
  if (certificateEndMs === null) series.certificateEnd.clear();
  else series.certificateEnd.set(certificateEndMs / 1_000);
  return {
    contentType,
    text: () => {
      readLevels(series, backends, load);
      return text();
    },
    requests: (tier, outcome, count) => {
      if (count > 0) series.requests.add({ tier, outcome }, count);
    },
    refusedCallers: (why) => series.refusedCallers.add({ why }),
    answered: (outcome, took) => series.nodeSeconds.observe({ outcome }, took),
    closed: (why) => series.closed.add({ why }),
  };
}

interface Load {
  readonly inFlight: number;
  readonly connections: number;
}

/** Read at each scrape. */
function readLevels(
  series: Instruments<typeof GATEWAY_METRICS>,
  backends: readonly Backend[],
  load: Load,
): void {
  series.backendHeight.clear();
  for (const { name: backend, state, height } of backends) {
    for (const one of STATES) series.backendState.set({ backend, state: one }, one === state ? 1 : 0);
    if (height !== null) series.backendHeight.set({ backend }, height);
  }
  series.connections.set(load.connections);
  series.inFlight.set(load.inFlight);
}
