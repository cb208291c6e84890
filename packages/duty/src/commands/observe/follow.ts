import { type ChainView, viewChain } from '@watchbill/chain';
import { dueFollower, followBlocks } from '@watchbill/chain/observe';
import { fault } from '@watchbill/kit';
import type { Logger } from 'pino';
import type { ObservationReport } from '../../service/index.ts';
import { dueReportsOf, reportOf, signaturesOf, type VoterState, voterState } from './report.ts';
import { pauseMs, problemOf, reportNumbers, type Step, type StepParts, separateSteps } from './steps.ts';
import { offenceTeller, voteTeller } from './tell-signatures.ts';

/** The parts of an observer. */
export interface ObserverParts extends StepParts {
  readonly intervalMs: number;
  /** Called for each report that the service took. */
  readonly onReport: (report: ObservationReport) => void;
}

/** Reads the node once and reports to the service. */
export async function observeOnce(parts: Omit<ObserverParts, 'clock' | 'log' | 'intervalMs'>): Promise<void> {
  await tell(parts, await viewChain(parts.node, null));
}

const SYNCING = {
  what: 'the node was not yet seen in sync, so the first report waits',
  remedy: 'wait until system_health of the node says isSyncing: false, and has peers',
};

/** The first report makes the base of a service, so it must not come from an old state of the chain. */
async function tell(
  { api, onReport }: Pick<ObserverParts, 'api' | 'onReport'>,
  view: ChainView,
): Promise<void> {
  if (view.syncing) throw fault('node-syncing', 'fault', SYNCING);
  const report = reportOf(view);
  await api.send('POST', '/v1/observations', report);
  onReport(report);
}

/**
 * Observes until `stopped`. Failures are tried again for as long as it runs, with pauses that grow to 30 s;
 * one that stays the same is logged once.
 */
export async function observeUntil(parts: ObserverParts, stopped: AbortSignal): Promise<void> {
  const { node, clock, intervalMs } = parts;
  const narrate = narrator(parts.log);
  const steps = { blocks: blockTeller(parts), votes: voteTeller(parts), offences: offenceTeller(parts) };
  const tellSignatures = separateSteps(steps, parts, narrate);
  let view: ChainView | null = null;
  let failures = 0;
  while (!stopped.aborted) {
    try {
      // Kept although the service may not take it: a restart of the voter is seen once.
      // After a gap, a block may have arrived at any time in it.
      view = await viewChain(node, view && (failures === 0 ? view : { ...view, best: null }));
      await tell(parts, view);
      failures = 0;
      narrate.told(view);
    } catch (error) {
      if (stopped.aborted) return;
      failures += 1;
      narrate.failed(LOOK, error);
    }
    if (failures === 0 && view !== null) await tellSignatures(view, stopped);
    await clock.sleep(pauseMs(intervalMs, failures), stopped);
  }
}

/** Reports the blocks that the node imported, so that the service finds signatures that it did not grant. */
function blockTeller(parts: StepParts): Step {
  const nextNumber = reportNumbers(parts.clock);
  const blocks = followBlocks(parts.node, nextNumber);
  const due = dueFollower(parts.node);
  return async ({ chain }) => {
    const found = await blocks.next();
    if (found.length === 0) return;
    for (const report of signaturesOf(chain, found))
      await parts.api.send('POST', '/v1/signatures', { ...report, number: nextNumber() });
    blocks.taken(found);
    // One that fails is lost: its units then count as unknown, and the blocks of the next one are newer.
    for (const report of dueReportsOf(chain, await due(found)))
      await parts.api.send('POST', '/v1/units/due', report);
  };
}

const VOTER_LINES: Readonly<Record<VoterState, string>> = {
  told: 'set and round of the voter are reported',
  withheld: 'the set is new and its voter was not seen to restart: its round is not reported yet',
  absent: 'the node runs no GRANDPA voter (yet): no round is reported',
};

/** The report of the heights, among the steps of the narrator. */
const LOOK = 'look';

/** The log: each change once. */
function narrator(log: Logger) {
  /** The failure by step; one that several steps have is one line. */
  const failing = new Map<string, string>();
  let voter: VoterState | null = null;
  let chain: string | null = null;
  const accepted = (): void =>
    log.info({ event: 'observing', chain }, 'the service accepts the observations');
  return {
    told: (view: ChainView): void => {
      const isNew = failing.delete(LOOK) || chain !== view.chain;
      chain = view.chain;
      if (isNew) accepted();
      const state = voterState(view);
      if (state === voter) return;
      voter = state;
      log[state === 'absent' ? 'warn' : 'info'](
        { event: 'voter', state, setId: view.voter?.setId.toString() },
        VOTER_LINES[state],
      );
    },
    done: (step: string): void => {
      if (failing.delete(step)) accepted();
    },
    failed: (step: string, error: unknown): void => {
      const { code, what, where, remedy } = problemOf(error);
      const text = `${code} ${what}`;
      const isTold = [...failing.values()].includes(text);
      failing.set(step, text);
      if (!isTold) log.warn({ event: 'observe-failed', code, where, remedy }, what);
    },
  };
}
