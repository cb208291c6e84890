import type { Clock } from '@watchbill/base';
import { type ChainView, type NodeRpc, viewChain } from '@watchbill/chain';
import {
  type AuthoredBlock,
  type BlockFollower,
  dueFollower,
  followBlocks,
  type NextSlots,
} from '@watchbill/chain/observe';
import type { ObservationReport } from '@watchbill/permit';
import type { Logger } from 'pino';
import type { Api } from '../../client/api.ts';
import { problemOf } from './problems.ts';
import { reportOf, signaturesOf, type VoterState, voterState } from './report.ts';
import { isTaken, offenceTeller, voteTeller } from './tell-signatures.ts';

/** The parts of an observer. */
export interface ObserverParts {
  readonly node: NodeRpc;
  readonly api: Api;
  readonly clock: Clock;
  readonly log: Logger;
  readonly intervalMs: number;
  /** Called for each report that the service took. */
  readonly onReport: (report: ObservationReport) => void;
}

const LONGEST_PAUSE_MS = 30_000;

/** Reads the node once and reports to the service. */
export async function observeOnce(parts: Omit<ObserverParts, 'clock' | 'log' | 'intervalMs'>): Promise<void> {
  await tell(parts, await viewChain(parts.node, null));
}

async function tell(
  { api, onReport }: Pick<ObserverParts, 'api' | 'onReport'>,
  view: ChainView,
): Promise<void> {
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
  const blocks = followBlocks(node);
  const tellDue = dueTeller(parts);
  const tellers = [voteTeller(parts), offenceTeller(parts)];
  let tellsBlocks = true;
  let view: ChainView | null = null;
  let failures = 0;
  while (!stopped.aborted) {
    try {
      // Kept although the service may not take it: a restart of the voter is seen once.
      view = await viewChain(node, view);
      await tell(parts, view);
      if (tellsBlocks) tellsBlocks = await tellBlocks(parts, blocks, tellDue, view.chain);
      for (const tellMore of tellers) await tellMore(view);
      failures = 0;
      narrate.told(view);
    } catch (error) {
      if (stopped.aborted) return;
      failures += 1;
      narrate.failed(error);
    }
    const grownMs = Math.min(intervalMs * 2 ** Math.min(failures, 16), LONGEST_PAUSE_MS);
    await clock.sleep(Math.max(grownMs, intervalMs), stopped);
  }
}

/**
 * Reports the blocks that the node imported, so that the service finds signatures that it did not grant.
 * False if the service is of the last release, which takes no such reports.
 */
async function tellBlocks(
  { api, log }: Pick<ObserverParts, 'api' | 'log'>,
  blocks: BlockFollower,
  tellDue: TellDue,
  chain: string,
): Promise<boolean> {
  const found = await blocks.next();
  if (found.length === 0) return true;
  for (const report of signaturesOf(chain, found))
    if (!(await isTaken({ api, log }, '/v1/signatures', report, SIGNATURES_UNTAKEN))) return false;
  blocks.taken(found);
  await tellDue(chain, found);
  return true;
}

const SIGNATURES_UNTAKEN = {
  event: 'signatures-untaken',
  text: 'the service is of an older release: it does not compare blocks with its grants',
};
const DUE_UNTAKEN = {
  event: 'due-units-untaken',
  text: 'the service is of an older release: it keeps no history of units',
};

type TellDue = (chain: string, blocks: readonly AuthoredBlock[]) => Promise<void>;

/** Blocks of one report, and due units of one pass: the service takes no more. */
const MAX_PASSES = 16;
/** Its slots are passed as those of `aura`. */
const ON_RELAY = 'aura-parachain';

/**
 * Reports the slots that were due between blocks. A report that fails is lost: those units then count as
 * unknown, and the blocks of the next report are newer.
 */
function dueTeller({ node, api, log }: Pick<ObserverParts, 'node' | 'api' | 'log'>): TellDue {
  const due = dueFollower(node);
  let takes = true;
  return async (chain, blocks) => {
    if (!takes) return;
    const passes = await due(blocks);
    for (const duty of ['babe', 'aura', ON_RELAY] as const) {
      const own = passes.filter((pass) => (duty === ON_RELAY ? pass.onRelay : pass.duty === duty));
      for (let from = 0; from < own.length; from += MAX_PASSES) {
        const reported = own.slice(from, from + MAX_PASSES).map(({ after, slot, author, due: slots }) => ({
          after: after.toString(),
          slot: slot.toString(),
          author,
          // The unit of a parachain block that was not built has no number and no relay parent.
          due: duty === ON_RELAY ? [] : slots.map(({ key, slot: unit }) => ({ key, unit: unit.toString() })),
        }));
        const next = duty === ON_RELAY ? null : (own.slice(0, from + MAX_PASSES).at(-1)?.next ?? null);
        const report = { chain, duty, passes: reported, ...(next === null ? {} : { next: nextOf(next) }) };
        takes = await isTaken({ api, log }, '/v1/units/due', report, DUE_UNTAKEN);
        if (!takes) return;
      }
    }
  };
}

function nextOf({ until, due }: NextSlots) {
  return { until: `${until}`, due: due.map(({ key, slot }) => ({ key, unit: `${slot}` })) };
}

const VOTER_LINES: Readonly<Record<VoterState, string>> = {
  told: 'set and round of the voter are reported',
  withheld: 'the set is new and its voter was not seen to restart: its round is not reported yet',
  absent: 'the node runs no GRANDPA voter (yet): no round is reported',
};

/** The log: each change once. */
function narrator(log: Logger) {
  let failing: string | null = null;
  let voter: VoterState | null = null;
  let chain: string | null = null;
  return {
    told: (view: ChainView): void => {
      if (failing !== null || chain !== view.chain)
        log.info({ event: 'observing', chain: view.chain }, 'the service accepts the observations');
      failing = null;
      chain = view.chain;
      const state = voterState(view);
      if (state === voter) return;
      voter = state;
      log[state === 'absent' ? 'warn' : 'info'](
        { event: 'voter', state, setId: view.voter?.setId.toString() },
        VOTER_LINES[state],
      );
    },
    failed: (error: unknown): void => {
      const { code, what, where, remedy } = problemOf(error);
      if (failing === `${code} ${what}`) return;
      failing = `${code} ${what}`;
      log.warn({ event: 'observe-failed', code, where, remedy }, what);
    },
  };
}
