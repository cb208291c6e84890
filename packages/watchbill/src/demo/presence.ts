import type { ObservationReport, ReadinessReport, WatchState } from '@watchbill/duty/service';
import type { Clock } from '@watchbill/kit';
import type { Api } from './api.ts';
import type { Schedule } from './chain.ts';
import type { Timing } from './timing.ts';

interface PresenceParts {
  readonly api: Api;
  readonly schedule: Schedule;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Reports of one node: its state, and the chain that it saw. */
export function presence(parts: PresenceParts) {
  let term: string | null = null;

  async function reportReadiness(): Promise<void> {
    const report = readiness(parts);
    const answer = await parts.api.call('POST', '/v1/readiness', report, parts.timing.watchTtlMs);
    if (answer.kind !== 'answer' || answer.status !== 200) return;
    term = watchesOf(answer.body).find((watch) => watch.key === parts.key)?.term ?? term;
  }

  async function reportChain(): Promise<void> {
    await parts.api.call('POST', '/v1/observations', observation(parts), parts.timing.observeEveryMs);
  }

  return {
    /** Term of the key's watch as last heard. */
    term: () => term,
    run: async (): Promise<void> => {
      await Promise.all([
        every(parts, parts.timing.readinessEveryMs, reportReadiness),
        every(parts, parts.timing.observeEveryMs, reportChain),
      ]);
    },
  };
}

/** One report after the other, never two at once. */
async function every(
  { clock, signal }: PresenceParts,
  pauseMs: number,
  act: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await act();
    await clock.sleep(pauseMs, signal);
  }
}

/** The simulated node follows the simulated chain without lag and sees every other authority. */
function readiness({ schedule, key }: PresenceParts): ReadinessReport {
  const { chain, authorities } = schedule.spec;
  const peers = authorities.length - 1;
  return { chain, keys: [key], syncing: false, peers, finalityLagBlocks: 0, clockOffsetMs: 0 };
}

/** The view of this node: the running round, and the target of the round before as finalised. */
function observation({ schedule, clock }: PresenceParts): ObservationReport {
  const round = schedule.roundAt(clock.nowMs());
  const finalized = Math.max(0, round.target - schedule.spec.roundSlots);
  return {
    chain: schedule.spec.chain,
    finalizedBlock: String(finalized),
    setId: String(round.set),
    round: String(round.round),
    session: String(round.set),
  };
}

/** The watches that an answer of the service holds. */
export function watchesOf(body: unknown): readonly WatchState[] {
  const list = (body as { watch?: unknown } | null)?.watch;
  return Array.isArray(list) ? (list as WatchState[]) : [];
}
