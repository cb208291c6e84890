import { OVER } from '@watchbill/kit';
import { StoreFault } from '../../store/index.ts';
import { markName } from '../ground/keys.ts';
import { createNamedMutex, type NamedMutex } from '../ground/mutex.ts';
import type { Verdict } from '../ground/verdict.ts';
import { LedgerFault } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import type { ClaimEffect, ClaimEvent, Fault } from './claim-events.ts';
import { createDeadlines, type Deadlines } from './deadlines.ts';
import { moment, perform, turnOf } from './effects-shell.ts';
import { type Asked, type ClaimState, type Identity, startClaim } from './state.ts';
import { stepClaim } from './step.ts';
import { createStepTimes, type StepTimes, timedAs } from './step-times.ts';

/** Decides claims one by one per mark, each by one compare-and-set transaction and one durable entry. */
export interface ClaimEngine {
  /**
   * Settles with the answer of the claim, at its deadline at the latest. Running work then goes on to its
   * end. Never rejects: a defect is logged and answered `unknown`. The answer has the time of each step.
   *
   * @param gone aborts when the claimant closes its connection
   */
  decide(asked: Asked, gone?: AbortSignal): Promise<Verdict>;
}

export function createClaimEngine(modules: CoreModules): ClaimEngine {
  const { identity, context } = modules;
  const own: Identity = {
    ledger: identity.ledger,
    epoch: identity.epoch,
    voided: identity.voided,
    service: context.parts.ledger.serviceId,
  };
  const mutex = createNamedMutex();
  const deadlines = createDeadlines(context.parts.clock);
  return { decide: (asked, gone) => decideOne({ modules, mutex, deadlines, own }, asked, gone) };
}

/** The parts that the claims of one service share. */
interface Shared {
  readonly modules: CoreModules;
  readonly mutex: NamedMutex;
  readonly deadlines: Deadlines;
  readonly own: Identity;
}

/** One claim under way: its state, and the means of the shell. */
interface Running {
  state: ClaimState;
  readonly answer: (verdict: Verdict) => void;
  readonly times: StepTimes;
  /** Aborts at the deadline, or when the claimant is gone. */
  readonly ending: AbortController;
  unfollowMark: (() => void) | null;
}

/** Effects that leave the mark to other claims. */
type Leaving = Extract<ClaimEffect, { kind: 'queue' | 'wait' }>;

/** A held claim is judged again this often: the policy, the session and the clock change in silence. */
const LOOK_MS = 250;

async function decideOne(shared: Shared, asked: Asked, gone: AbortSignal | undefined): Promise<Verdict> {
  const { claim } = asked;
  const ref = { chain: claim.chain, key: claim.key, duty: claim.duty };
  const name = markName(ref.chain, ref.key, ref.duty.name);
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const { clock } = shared.modules.context.parts;
  const times = createStepTimes(clock);
  const running: Running = {
    state: startClaim(asked, shared.own, ref, name),
    answer: resolve,
    times,
    ending: new AbortController(),
    unfollowMark: null,
  };
  const end = (kind: 'deadline' | 'gone') => {
    for (const effect of advance(running, { kind })) if (effect.kind === 'tell') resolve(effect.verdict);
    running.ending.abort(OVER);
  };
  const leave = () => end('gone');
  const leaveDeadline = shared.deadlines.at(asked.deadlineMs, () => end('deadline'));
  gone?.addEventListener('abort', leave, { once: true });
  if (gone?.aborted === true) leave();
  void run(shared, running);
  try {
    return { ...(await promise), steps: times.soFar() };
  } finally {
    leaveDeadline();
    gone?.removeEventListener('abort', leave);
  }
}

/** One step; the effects are the shell's to perform. */
function advance(running: Running, event: ClaimEvent): readonly ClaimEffect[] {
  const { state, effects } = stepClaim(running.state, event);
  running.state = state;
  return effects;
}

/** From the first turn at the mark to the end. */
async function run({ modules, mutex }: Shared, running: Running): Promise<void> {
  let next: Leaving | null = { kind: 'queue' };
  while (next !== null) {
    // If the store did not answer, the pause before the next try counts as time of the store.
    const pauses = next.kind === 'wait' && next.wakes === 'moment';
    running.times.begin(pauses ? 'store' : next.kind);
    const left: Left | null =
      next.kind === 'queue'
        ? await mutex.run(running.state.name, () => takeTurn(modules, running), running.ending.signal)
        : await follow(modules, running, await wait(modules, running, next));
    next = (left ?? (await follow(modules, running, { kind: 'no-turn' }))).next;
  }
  running.unfollowMark?.();
}

interface Left {
  readonly next: Leaving | null;
}

function takeTurn(modules: CoreModules, running: Running): Promise<Left> {
  running.times.end();
  return follow(modules, running, turnOf(modules, running.state));
}

/** Event, step, effects, and so on until the claim leaves the mark or has nothing under way. */
async function follow(modules: CoreModules, running: Running, first: ClaimEvent): Promise<Left> {
  let event: ClaimEvent | null = first;
  while (event !== null) {
    try {
      const effects = advance(running, event);
      event = null;
      for (const effect of effects) {
        if (effect.kind === 'queue' || effect.kind === 'wait') return { next: effect };
        const answer =
          effect.kind === 'tell' ? tell(running, effect) : perform(modules, running.state, effect);
        if (answer instanceof Promise) running.times.begin(timedAs(effect));
        event = answer instanceof Promise ? await answer : answer;
        running.times.end();
      }
    } catch (error) {
      event = { kind: 'failed', at: moment(modules), fault: faultOf(modules, running, error) };
    }
  }
  return { next: null };
}

function tell(running: Running, { verdict }: Extract<ClaimEffect, { kind: 'tell' }>): null {
  running.answer(verdict);
  return null;
}

/** Waits for the moment, and for the mark and the watch if the claim asks for them; ends with the claim. */
async function wait(
  modules: CoreModules,
  running: Running,
  { untilMs, wakes }: Extract<Leaving, { kind: 'wait' }>,
): Promise<ClaimEvent> {
  const { clock } = modules.context.parts;
  const { ref } = running.state;
  const { signal } = running.ending;
  const waitMs = Math.max(0, untilMs - clock.monotonicMs());
  if (wakes === 'moment') await clock.sleep(waitMs, signal);
  else {
    running.unfollowMark ??= modules.followMark(ref);
    const waking = new AbortController();
    const abort = () => waking.abort(OVER);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await Promise.race([
      clock.sleep(Math.min(waitMs, LOOK_MS), waking.signal),
      modules.marks.changed(ref, waking.signal),
      modules.watches.changed(ref.chain, ref.key, waking.signal),
    ]);
    abort();
    signal.removeEventListener('abort', abort);
  }
  return { kind: 'woken', at: moment(modules) };
}

function faultOf({ context }: CoreModules, { state }: Running, error: unknown): Fault {
  if (error instanceof LedgerFault) return { of: 'ledger', why: error.message };
  if (error instanceof StoreFault)
    return { of: 'store', silent: error.code === 'unavailable', why: error.message };
  const fields = { event: 'claim-failed', claimId: state.asked.claimId, error: stackOf(error) };
  context.parts.log.error(fields, 'a claim failed because of a defect of the service');
  return { of: 'service' };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
