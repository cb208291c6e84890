import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Backend } from './backend.ts';

export interface GatewayMetrics {
  readonly register: Registry;
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

export function gatewayMetrics(
  backends: readonly Backend[],
  load: { readonly inFlight: number; readonly connections: number },
  /** End of the certificate, in Unix milliseconds; null if there is none. */
  certificateEndMs: number | null,
): GatewayMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  /** Since the last scrape: tiers and outcomes are few, requests are many. */
  const counted = new Map<string, { readonly tier: string; readonly outcome: string; count: number }>();
  new Counter({
    name: 'watchbill_gateway_requests_total',
    help: 'Requests by tier of the caller and outcome.',
    labelNames: ['tier', 'outcome'],
    registers,
    collect() {
      for (const one of counted.values()) {
        this.inc({ tier: one.tier, outcome: one.outcome }, one.count);
        one.count = 0;
      }
    },
  });
  const { callers, seconds, closed } = instrumentsOf(registers);
  gaugesOf(backends, load, registers);
  if (certificateEndMs !== null)
    new Gauge({
      name: 'watchbill_gateway_certificate_end_seconds',
      help: 'Unix time at which the certificate of the gateway ends.',
      registers,
    }).set(certificateEndMs / 1_000);
  return {
    register,
    requests: (tier, outcome, count) => {
      if (count === 0) return;
      const name = `${outcome} ${tier}`;
      const one = counted.get(name);
      if (one === undefined) counted.set(name, { tier, outcome, count });
      else one.count += count;
    },
    refusedCallers: (why) => callers.inc({ why }),
    answered: (outcome, took) => seconds.observe({ outcome }, took),
    closed: (why) => closed.inc({ why }),
  };
}

function instrumentsOf(registers: Registry[]) {
  const callers = new Counter({
    name: 'watchbill_gateway_refused_callers_total',
    help: 'Requests and connections of refused callers, by reason.',
    labelNames: ['why'],
    registers,
  });
  const seconds = new Histogram({
    name: 'watchbill_gateway_node_seconds',
    help: 'Time until the answer of a node, over HTTP.',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  });
  const closed = new Counter({
    name: 'watchbill_gateway_closed_connections_total',
    help: 'WebSocket connections that the gateway ended, by reason.',
    labelNames: ['why'],
    registers,
  });
  return { callers, seconds, closed };
}

function gaugesOf(
  backends: readonly Backend[],
  load: { readonly inFlight: number; readonly connections: number },
  registers: Registry[],
): void {
  new Gauge({
    name: 'watchbill_gateway_backend_state',
    help: '1 for the present state of a node.',
    labelNames: ['backend', 'state'],
    registers,
    collect() {
      for (const { name, state } of backends)
        for (const one of STATES) this.set({ backend: name, state: one }, one === state ? 1 : 0);
    },
  });
  new Gauge({
    name: 'watchbill_gateway_backend_height',
    help: 'Best block of a node; missing if it is not known.',
    labelNames: ['backend'],
    registers,
    collect() {
      this.reset();
      for (const { name, height } of backends) if (height !== null) this.set({ backend: name }, height);
    },
  });
  new Gauge({
    name: 'watchbill_gateway_connections',
    help: 'WebSocket connections of callers.',
    registers,
    collect() {
      this.set(load.connections);
    },
  });
  new Gauge({
    name: 'watchbill_gateway_in_flight',
    help: 'HTTP requests under way.',
    registers,
    collect() {
      this.set(load.inFlight);
    },
  });
}
