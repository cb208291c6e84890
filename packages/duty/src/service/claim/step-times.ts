import type { Clock } from '@watchbill/kit';
import type { StepName, UnitStep } from '../shapes/units.ts';
import type { ClaimEffect } from './claim-events.ts';

/** How long a claim spent in each step, so that a slow answer names its cause: decision 0034. */
export interface StepTimes {
  /** A step begins; the one under way ends. */
  begin(name: StepName): void;
  end(): void;
  /** All steps, with the time of the one under way until now. */
  soFar(): readonly UnitStep[];
}

const STEPS = ['queue', 'wait', 'store', 'flush'] as const satisfies readonly StepName[];

export function createStepTimes(clock: Pick<Clock, 'monotonicMs'>): StepTimes {
  const totals: Record<StepName, number> = { queue: 0, wait: 0, store: 0, flush: 0 };
  let under: StepName | null = null;
  let sinceMs = 0;
  const end = (): void => {
    if (under !== null) totals[under] += clock.monotonicMs() - sinceMs;
    under = null;
  };
  return {
    end,
    begin(name) {
      end();
      under = name;
      sinceMs = clock.monotonicMs();
    },
    soFar() {
      const now = under;
      end();
      if (now !== null) under = now;
      sinceMs = clock.monotonicMs();
      return STEPS.map((name) => ({ name, ms: Math.round(totals[name] * 10) / 10 }));
    },
  };
}

/** Effects on the own disk; all others that take time ask the store. */
export function timedAs({ kind }: ClaimEffect): StepName {
  return kind === 'append' || kind === 'learn' || kind === 'report' ? 'flush' : 'store';
}
