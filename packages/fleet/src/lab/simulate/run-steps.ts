import { type Clock, messageOf } from '@watchbill/kit';
import { measure } from './measure.ts';
import type { Deed, Expectation, Simulation, Step } from './schema.ts';
import type { SimulatedNetwork } from './simulate-ports.ts';

/** The result of one step. */
export interface StepResult {
  readonly step: number;
  readonly text: string;
  /**
   * held: it came true or was done; failed: its time ran out or it could not be done; skipped: one before it
   * failed.
   */
  readonly outcome: 'held' | 'failed' | 'skipped';
  /** The last values, by node; null if the node gave no answer. */
  readonly seen: Readonly<Record<string, number | null>>;
  readonly why: string | null;
  readonly tookMs: number;
}

export interface RunOptions {
  readonly network: SimulatedNetwork;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (result: StepResult) => void;
}

const LOOK_EVERY_MS = 250;

/**
 * Carries out the steps of a simulation in order. The first failure ends the run, because later steps would
 * test a different network than intended. Nodes that are still paused are always resumed at the end.
 */
export async function runSteps(
  { run, settings }: Simulation,
  options: RunOptions,
): Promise<readonly StepResult[]> {
  const { clock, network, tell } = options;
  const endMs = clock.monotonicMs() + settings.timeoutSeconds * 1_000;
  const away = new Set<string>();
  const paused = new Set<string>();
  const results: StepResult[] = [];
  let failed = false;
  try {
    for (const [index, step] of run.entries()) {
      const sinceMs = clock.monotonicMs();
      const came: Came = failed ? SKIPPED : await oneStep(step, { ...options, endMs, away, paused });
      failed ||= came.outcome === 'failed';
      const result = {
        step: index + 1,
        text: stepText(step),
        ...came,
        tookMs: Math.round(clock.monotonicMs() - sinceMs),
      };
      results.push(result);
      tell(result);
    }
  } finally {
    for (const name of paused) await network.resume(name).catch(() => {});
  }
  return results;
}

type Came = Pick<StepResult, 'outcome' | 'seen' | 'why'>;
const SKIPPED: Came = { outcome: 'skipped', seen: {}, why: null };
const HELD: Came = { outcome: 'held', seen: {}, why: null };

interface StepOptions extends RunOptions {
  readonly endMs: number;
  /** Stopped or paused nodes. Expectations skip them. */
  readonly away: Set<string>;
  readonly paused: Set<string>;
}

async function oneStep(step: Step, options: StepOptions): Promise<Came> {
  if ('expect' in step) return expected(step, options);
  const waited = await untilDue(step, options);
  if (waited !== null) return { outcome: 'failed', seen: {}, why: waited };
  try {
    await act(step, options);
    return HELD;
  } catch (error) {
    return { outcome: 'failed', seen: {}, why: messageOf(error) };
  }
}

async function act({ do: deed, node }: Deed, { network, away, paused }: StepOptions): Promise<void> {
  // A suspended process does not receive a signal to end.
  if (deed !== 'pause' && paused.has(node)) {
    await network.resume(node);
    paused.delete(node);
    away.delete(node);
  }
  switch (deed) {
    case 'pause':
      await network.pause(node);
      paused.add(node);
      away.add(node);
      return;
    case 'resume':
      return;
    case 'stop':
      await network.stop(node);
      away.add(node);
      return;
    case 'start':
      await network.start(node);
      away.delete(node);
      return;
    case 'restart':
      await network.stop(node);
      await network.start(node);
      return;
    case 'wait':
      return;
    case 'kill':
      await network.kill(node);
  }
}

/** Null once the step is due; otherwise the reason why it never was. */
async function untilDue(
  { at }: Deed,
  { network, clock, signal, endMs, away }: StepOptions,
): Promise<string | null> {
  if (at === undefined) return signal.aborted ? 'it was interrupted' : null;
  const dueMs = clock.monotonicMs() + (at.seconds ?? 0) * 1_000;
  let highest = -1;
  while (!signal.aborted) {
    if (at.height === undefined) {
      if (clock.monotonicMs() >= dueMs) return null;
    } else {
      const heights = await Promise.all(
        network.names
          .filter((name) => !away.has(name))
          .map(async (name) => (await network.reading(name))?.best ?? -1),
      );
      highest = Math.max(highest, ...heights);
      if (highest >= at.height) return null;
    }
    if (clock.monotonicMs() >= endMs)
      return `the time limit of the run was reached; the highest block was ${highest}`;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  return 'it was interrupted';
}

async function expected(
  step: Expectation,
  { network, clock, signal, endMs, away }: StepOptions,
): Promise<Came> {
  const names = step.node === undefined ? network.names.filter((name) => !away.has(name)) : [step.node];
  if (names.length === 0) return { outcome: 'failed', seen: {}, why: 'no node runs' };
  const untilMs = Math.min(endMs, clock.monotonicMs() + step.withinSeconds * 1_000);
  for (;;) {
    const values = await Promise.all(names.map((name) => measure(network, name, step)));
    const seen = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
    if (values.every((value) => holds(value, step))) return { outcome: 'held', seen, why: null };
    if (signal.aborted) return { outcome: 'failed', seen, why: 'it was interrupted' };
    if (clock.monotonicMs() >= untilMs) return { outcome: 'failed', seen, why: whyNot(seen, step) };
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** A missing value fails the expectation. */
function holds(value: number | null, { atLeast, atMost }: Expectation): boolean {
  return value !== null && value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
}

function whyNot(seen: Readonly<Record<string, number | null>>, step: Expectation): string {
  const wrong = Object.entries(seen).filter(([, value]) => !holds(value, step));
  const texts = wrong.map(([name, value]) => `${name} ${value === null ? 'gave no answer' : `has ${value}`}`);
  return `after ${step.withinSeconds} s: ${texts.join(', ')}`;
}

/** A step as people read it. */
export function stepText(step: Step): string {
  if (!('expect' in step)) {
    const when =
      step.at === undefined
        ? ''
        : step.at.height === undefined
          ? ` after ${step.at.seconds} s`
          : ` at height ${step.at.height}`;
    return `${step.do}${step.node === '' ? '' : ` ${step.node}`}${when}`;
  }
  const what =
    step.pattern === undefined ? (step.metric ?? step.expect) : `lines of the log like /${step.pattern}/`;
  const bounds = [
    ...(step.atLeast === undefined ? [] : [`at least ${step.atLeast}`]),
    ...(step.atMost === undefined ? [] : [`at most ${step.atMost}`]),
  ];
  return `${step.node ?? 'every node'}: ${what} ${bounds.join(' and ')}`;
}
