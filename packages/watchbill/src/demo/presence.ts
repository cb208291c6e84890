import type { ObservationReport, ReadinessReport, WatchState } from '@watchbill/duty/service';
import { type Clock, until } from '@watchbill/kit';
import type { Api } from './api.ts';
import type { Schedule } from './chain.ts';

/** A holder that was not heard for so many slots lost the watch; short enough to enter the running round. */
export const WATCH_TTL_SLOTS = 0.8;
const READINESS_EVERY_SLOTS = 0.15;
const OBSERVE_EVERY_SLOTS = 0.5;

interface PresenceParts {
  readonly api: Api;
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Reports of one node: its state, and the chain that it saw. Of each kind one after the other, never two. */
export function presence(parts: PresenceParts) {
  const { api, clock, key, signal } = parts;
  const { slotMs } = parts.schedule.spec;
  let term: string | null = null;

  async function reportReadiness(): Promise<null> {
    const answer = await api.call('POST', '/v1/readiness', readiness(parts), slotMs * WATCH_TTL_SLOTS);
    if (answer.kind === 'answer' && answer.status === 200)
      term = watchesOf(answer.body).find((watch) => watch.key === key)?.term ?? term;
    return null;
  }

  async function reportChain(): Promise<null> {
    await api.call('POST', '/v1/observations', observation(parts), slotMs * OBSERVE_EVERY_SLOTS);
    return null;
  }

  return {
    /** Term of the key's watch as last heard. */
    term: () => term,
    run: async (): Promise<void> => {
      await Promise.all([
        until(reportReadiness, { clock, signal, pauseMs: slotMs * READINESS_EVERY_SLOTS }),
        until(reportChain, { clock, signal, pauseMs: slotMs * OBSERVE_EVERY_SLOTS }),
      ]);
    },
  };
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
