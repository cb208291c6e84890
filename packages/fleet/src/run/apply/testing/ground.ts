import { createVirtualClock } from '@watchbill/kit/testing';
import type { Done } from '../../../file/live/index.ts';
import type { Plan, Step } from '../../../file/plan/index.ts';
import { applyPlan } from '../apply-plan.ts';
import type { Journal } from '../journal.ts';
import type { Entry } from '../journal-text.ts';
import type { ApplyEvent, ApplyResult, ApplySettings } from '../settings.ts';
import { fakeField, fakePlan, fakeResource, fakeStep } from './fake-plan.ts';
import { type FakeTarget, fakeTarget } from './fake-target.ts';

/** The process ends here. */
export class Killed extends Error {}

export interface Ground {
  readonly target: FakeTarget;
  /** Applies the plan, with the journal that earlier runs left. */
  readonly run: (plan: Plan, change?: Partial<ApplySettings>) => Promise<ApplyResult>;
  readonly events: ApplyEvent[];
}

/** Gives `work` one place and a journal. */
export type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

/** The journal is in memory, and time is virtual. */
export const withMemory: WithGround = (work) => {
  const entries: Entry[] = [];
  return work(
    groundOf(() => ({
      file: 'memory',
      earlier: [...entries],
      write: (entry) => void entries.push(entry),
      close: () => undefined,
    })),
  );
};

/** A place and a journal that `journalOf` opens for each run. */
export function groundOf(journalOf: (plan: Plan) => Journal): Ground {
  const target = fakeTarget();
  const events: ApplyEvent[] = [];
  const run = async (plan: Plan, change: Partial<ApplySettings> = {}): Promise<ApplyResult> => {
    const journal = journalOf(plan);
    const clock = createVirtualClock({ flowing: true });
    try {
      return await applyPlan({
        targets: new Map([['ams', target]]),
        clock,
        checkSigner: async () => ({ state: 'healthy' }),
        gateTimeoutMs: 10_000,
        pollMs: 1_000,
        onEvent: (event) => void events.push(event),
        signal: new AbortController().signal,
        plan,
        journal,
        ...change,
      });
    } finally {
      clock.halt();
      journal.close();
    }
  };
  return { target, run, events };
}

/** Each action once: the order is forced by needs. */
export function fourSteps(target: FakeTarget): {
  readonly steps: readonly Step[];
  readonly after: readonly string[];
} {
  const [kept, gone, swapped] = [fakeResource('kept'), fakeResource('gone'), fakeResource('swapped')];
  for (const one of [kept, gone, swapped]) target.objects.set(one.id, one);
  const made = fakeResource('made', { data: { a: '1' } });
  const create = fakeStep('create', made, null, { gate: 'healthy' });
  const changed = fakeResource('kept', { data: { a: '2' } });
  const update = fakeStep('update', changed, kept, { needs: [create.id] });
  const replace = fakeStep('replace', fakeResource('swapped', { data: { a: '3' } }), swapped, {
    needs: [update.id],
  });
  const remove = fakeStep('delete', gone, gone, { needs: [replace.id], gate: 'gone' });
  return { steps: [create, update, replace, remove], after: [made.id, changed.id, swapped.id].sort() };
}

/** One set of four pods that gets a new image. */
export function rollout(target: FakeTarget): Plan {
  const spec = (image: string) => ({ spec: { replicas: 4, template: { image } } });
  const before = fakeResource('rpc', spec('one'), 'StatefulSet');
  target.objects.set(before.id, before);
  const after = fakeResource('rpc', spec('two'), 'StatefulSet');
  const fields = [fakeField(['spec', 'template', 'image'], 'one', 'two')];
  return fakePlan([fakeStep('update', after, before, { gate: 'healthy', fields })]);
}

/** Ends the process before or after the change of that number, from 0. */
export function killAt({ hook }: FakeTarget, nth: number, isAfter: boolean): void {
  let seen = 0;
  const end = (): void => {
    if (seen++ === nth) throw new Killed();
  };
  if (!isAfter) {
    hook.before = end;
    return;
  }
  hook.after = (_call, done): Done => {
    end();
    return done;
  };
}

/** Lets every later change through. */
export function letLive({ hook }: FakeTarget): void {
  hook.before = () => undefined;
  hook.after = (_call, done) => done;
}
