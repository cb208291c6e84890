import { type Instruments, openMetrics } from '@watchbill/kit/metrics';
import type { Receipt } from '../../actions/receipt.ts';
import { OUTCOME_REASONS } from '../../outcome.ts';
import type { Note } from '../../rules.ts';
import type { PeerState, TransportRefusal } from '../../transport/port.ts';
import type { RunEvent } from '../group-events.ts';
import { COORDINATE_METRICS } from './metric-catalogue.ts';
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
  const { group, member } = parts;
  const options = { labels: { group, member }, runtime: 'watchbill_' };
  const { series, text, contentType } = openMetrics(COORDINATE_METRICS, options);
  series.members.set(parts.names.length);
  series.quorum.set(parts.quorum);
  beginAtZero(series, parts);
  let certified = 0n;
  const counted = (event: RunEvent<unknown, unknown>): void => {
    if (event.kind === 'height') series.height.set(Number(event.height));
    if (event.kind === 'stepped') {
      const execution = event.state.cursor?.execution ?? null;
      series.leaseStart.set(Number(execution?.startBlock ?? 0n));
      series.leaseEnd.set(Number(execution?.expiryBlock ?? 0n));
    }
    count(series, event);
  };
  return {
    contentType,
    text: () => {
      readTransport(series, parts);
      return text();
    },
    note: ({ code }) => {
      series.notices.add({ code });
      if (code === OWN_KEY_ELSEWHERE) series.ownKeyElsewhere.set(1);
    },
    receipt: ({ action, result }) => series.receipts.add({ action, result }),
    dropped: (reason) => series.dropped.add({ event: 'frame', reason }),
    count: counted,
    watch: (event) => {
      const open = openWindowOf(event);
      if (open !== null) {
        const { index } = open.plan.window;
        series.window.set(Number(index));
        series.rank.set(open.round.rank);
        if (open.round.certificate !== null && index > certified) {
          certified = index;
          series.certificates.add({ action: open.round.certificate.value.action });
        }
      }
      counted(event);
    },
  };
}

type Series = Instruments<typeof COORDINATE_METRICS>;

/** The results of receipts that the alert CoordinateActionFailed reads. */
const UNDONE = ['failed', 'expired'] as const satisfies readonly Receipt['result'][];

/** A series that begins at 1 shows no increase in Prometheus, so an alert would miss the first fault. */
function beginAtZero(
  { outcomes, faults, receipts, storeFailures }: Series,
  { actions, faults: kinds }: Pick<MetricsParts, 'actions' | 'faults'>,
): void {
  for (const action of actions) for (const result of UNDONE) receipts.add({ action, result }, 0);
  for (const kind of kinds) faults.add({ kind }, 0);
  for (const reason of Object.keys(OUTCOME_REASONS)) outcomes.add({ result: 'failed', reason }, 0);
  for (const reason of ['passed', 'action-running']) outcomes.add({ result: 'skipped', reason }, 0);
  for (const result of ['execute', 'noop']) outcomes.add({ result, reason: '' }, 0);
  for (const what of ['store-cursor', 'record-fault', 'record-outcome']) storeFailures.add({ what }, 0);
}

function count(series: Series, event: RunEvent<unknown, unknown>): void {
  if (event.kind === 'store-failed') series.storeFailures.add({ what: event.what });
  if (event.kind === 'port-failed') series.portFailures.add({ what: event.what });
  if (event.kind === 'frame-dropped') series.dropped.add({ event: 'frame', reason: event.why });
  if (event.kind === 'rules-threw') series.dropped.add({ event: event.event, reason: 'defect' });
  if (event.kind !== 'performed') return;
  const { effect } = event;
  if (effect.kind === 'record-outcome') {
    const { result, reason, from, to } = effect.outcome;
    series.outcomes.add({ result, reason: reason ?? '' }, Number(to - from) + 1);
  }
  if (effect.kind === 'record-fault') series.faults.add({ kind: effect.fault.kind });
  if (effect.kind === 'dropped') series.dropped.add({ event: effect.event, reason: effect.why });
  if (effect.kind === 'broadcast') series.broadcasts.add({ again: String(effect.again) });
  if (effect.kind === 'execute') series.executions.add({ action: effect.execution.action });
  if (effect.kind === 'notice') series.notices.add({ code: effect.code });
}

/** Read at each scrape, because the transport keeps these counts. */
function readTransport(series: Series, { names, peers, refusals }: MetricsParts): void {
  const all = peers();
  for (const { seat, isConnected } of all)
    series.memberConnected.set({ peer: names[seat] ?? `seat ${seat}` }, isConnected ? 1 : 0);
  series.peers.set(all.filter(({ isConnected }) => isConnected).length);
  series.transportRefusals.clear();
  for (const [reason, total] of refusals()) series.transportRefusals.add({ reason }, total);
}
