import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Receipt } from '../../actions/receipt.ts';
import { OUTCOME_REASONS } from '../../outcome.ts';
import type { Note } from '../../rules.ts';
import type { PeerState, TransportRefusal } from '../../transport/port.ts';
import type { RunEvent } from '../group-events.ts';
import { COORDINATE_METRICS, type CoordinateMetric } from './metric-catalogue.ts';
import { OWN_KEY_ELSEWHERE } from './refusals.ts';
import { openWindowOf, type Watcher } from './watch.ts';

export interface Metrics {
  readonly watch: Watcher;
  /** Count an event of any profile; `watch` does this as well. */
  count(event: RunEvent<unknown, unknown>): void;
  note(note: Note): void;
  receipt(receipt: Receipt): void;
  /** Why a frame outside the consensus was dropped. */
  dropped(reason: string): void;
  /** The text that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsParts {
  readonly group: string;
  readonly member: string;
  /** By seat. */
  readonly names: readonly string[];
  /** Members that must be connected for an agreement, this one included. */
  readonly quorum: number;
  /** Actions that may run here. */
  readonly actions: readonly string[];
  /** Every kind of fault that its profile records. */
  readonly faults: readonly string[];
  readonly peers: () => readonly PeerState[];
  readonly refusals: () => ReadonlyMap<TransportRefusal, number>;
}

/**
 * Counters and gauges of one member, see {@link COORDINATE_METRICS}; every series has the labels `group` and
 * `member`.
 */
export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ group: parts.group, member: parts.member });
  collectDefaultMetrics({ register: registry, prefix: 'watchbill_' });
  const series = counters(registry);
  const height = gauge(registry, COORDINATE_METRICS.height);
  const window = gauge(registry, COORDINATE_METRICS.window);
  const rank = gauge(registry, COORDINATE_METRICS.rank);
  const leaseStart = gauge(registry, COORDINATE_METRICS.leaseStart);
  const leaseEnd = gauge(registry, COORDINATE_METRICS.leaseEnd);
  const ownKeyElsewhere = gauge(registry, COORDINATE_METRICS.ownKeyElsewhere);
  gauge(registry, COORDINATE_METRICS.members).set(parts.names.length);
  gauge(registry, COORDINATE_METRICS.quorum).set(parts.quorum);
  beginAtZero(series, parts);
  transportSeries(registry, parts);
  let certified = 0n;
  const counted = (event: RunEvent<unknown, unknown>): void => {
    if (event.kind === 'height') height.set(Number(event.height));
    if (event.kind === 'stepped') {
      const execution = event.state.cursor?.execution ?? null;
      leaseStart.set(Number(execution?.startBlock ?? 0n));
      leaseEnd.set(Number(execution?.expiryBlock ?? 0n));
    }
    count(series, event);
  };
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    note: ({ code }) => {
      series.notices.inc({ code });
      if (code === OWN_KEY_ELSEWHERE) ownKeyElsewhere.set(1);
    },
    receipt: ({ action, result }) => series.receipts.inc({ action, result }),
    dropped: (reason) => series.dropped.inc({ event: 'frame', reason }),
    count: counted,
    watch: (event) => {
      const open = openWindowOf(event);
      if (open !== null) {
        const { index } = open.plan.window;
        window.set(Number(index));
        rank.set(open.round.rank);
        if (open.round.certificate !== null && index > certified) {
          certified = index;
          series.certificates.inc({ action: open.round.certificate.value.action });
        }
      }
      counted(event);
    },
  };
}

type Series = ReturnType<typeof counters>;

function counters(registry: Registry) {
  const counter = <Label extends string>(spec: CoordinateMetric & { readonly labels: readonly Label[] }) =>
    new Counter({ name: spec.name, help: spec.help, labelNames: [...spec.labels], registers: [registry] });
  const { outcomes, faults, dropped, certificates, broadcasts } = COORDINATE_METRICS;
  const { executions, receipts, storeFailures, portFailures, notices } = COORDINATE_METRICS;
  return {
    outcomes: counter(outcomes),
    faults: counter(faults),
    dropped: counter(dropped),
    certificates: counter(certificates),
    broadcasts: counter(broadcasts),
    executions: counter(executions),
    receipts: counter(receipts),
    storeFailures: counter(storeFailures),
    portFailures: counter(portFailures),
    notices: counter(notices),
  };
}

/** The results of receipts that the alert CoordinateActionFailed reads. */
const UNDONE = ['failed', 'expired'] as const satisfies readonly Receipt['result'][];

/** A series that begins at 1 shows no increase in Prometheus, so an alert would miss the first fault. */
function beginAtZero(
  { outcomes, faults, receipts, storeFailures }: Series,
  { actions, faults: kinds }: Pick<MetricsParts, 'actions' | 'faults'>,
): void {
  for (const action of actions) for (const result of UNDONE) receipts.inc({ action, result }, 0);
  for (const kind of kinds) faults.inc({ kind }, 0);
  for (const reason of Object.keys(OUTCOME_REASONS)) outcomes.inc({ result: 'failed', reason }, 0);
  for (const reason of ['passed', 'action-running']) outcomes.inc({ result: 'skipped', reason }, 0);
  for (const result of ['execute', 'noop']) outcomes.inc({ result, reason: '' }, 0);
  for (const what of ['store-cursor', 'record-fault', 'record-outcome']) storeFailures.inc({ what }, 0);
}

function count(series: Series, event: RunEvent<unknown, unknown>): void {
  if (event.kind === 'store-failed') series.storeFailures.inc({ what: event.what });
  if (event.kind === 'port-failed') series.portFailures.inc({ what: event.what });
  if (event.kind === 'frame-dropped') series.dropped.inc({ event: 'frame', reason: event.why });
  if (event.kind === 'rules-threw') series.dropped.inc({ event: event.event, reason: 'defect' });
  if (event.kind !== 'performed') return;
  const { effect } = event;
  if (effect.kind === 'record-outcome') {
    const { result, reason, from, to } = effect.outcome;
    series.outcomes.inc({ result, reason: reason ?? '' }, Number(to - from) + 1);
  }
  if (effect.kind === 'record-fault') series.faults.inc({ kind: effect.fault.kind });
  if (effect.kind === 'dropped') series.dropped.inc({ event: effect.event, reason: effect.why });
  if (effect.kind === 'broadcast') series.broadcasts.inc({ again: String(effect.again) });
  if (effect.kind === 'execute') series.executions.inc({ action: effect.execution.action });
  if (effect.kind === 'notice') series.notices.inc({ code: effect.code });
}

function gauge(registry: Registry, { name, help }: CoordinateMetric): Gauge {
  return new Gauge({ name, help, registers: [registry] });
}

/** Read at each scrape, because the transport keeps these counts. */
function transportSeries(registry: Registry, { names, peers, refusals }: MetricsParts): void {
  const { peers: connected, memberConnected, transportRefusals } = COORDINATE_METRICS;
  new Gauge({
    name: memberConnected.name,
    help: memberConnected.help,
    labelNames: [...memberConnected.labels],
    registers: [registry],
    collect() {
      for (const { seat, isConnected } of peers())
        this.set({ peer: names[seat] ?? `seat ${seat}` }, isConnected ? 1 : 0);
    },
  });
  new Gauge({
    name: connected.name,
    help: connected.help,
    registers: [registry],
    collect() {
      this.set(peers().filter(({ isConnected }) => isConnected).length);
    },
  });
  new Counter({
    name: transportRefusals.name,
    help: transportRefusals.help,
    labelNames: [...transportRefusals.labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, total] of refusals()) this.inc({ reason }, total);
    },
  });
}
