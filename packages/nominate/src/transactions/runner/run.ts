import { messageOf, within } from '@watchbill/kit';
import type { ChainFacts } from '../facts.ts';
import type { Intent } from '../intent.ts';
import type { Ask, Effect } from '../machine/effects.ts';
import type { IntentEvent } from '../machine/events.ts';
import type { MachineRules } from '../machine/rules.ts';
import { step } from '../machine/step.ts';
import { inOrder, mayBegin } from '../queue.ts';
import type { IntentState } from '../state.ts';
import type { IntentStore, StoredIntent } from '../store/port.ts';
import { type AnswerParts, answerTo } from './answer.ts';
import { backgroundSigners } from './background.ts';

/** Events of a runner, for logs, counters and pages. */
export type TransactionEvent =
  | { readonly kind: 'performed'; readonly intent: string; readonly effect: Effect }
  | { readonly kind: 'answered'; readonly intent: string; readonly event: IntentEvent }
  | { readonly kind: 'no-facts'; readonly intent: string; readonly why: string }
  /** Another process changed the intent or took the nonce. Its change stays. */
  | { readonly kind: 'gave-way'; readonly intent: string; readonly code: 'changed' | 'nonce-taken' };

export interface RunnerParts extends AnswerParts {
  readonly store: IntentStore;
  readonly rules: MachineRules;
  readonly tell: (event: TransactionEvent) => void;
}

export interface TransactionRunner {
  /**
   * Runs a turn of each open intent on the newest finalised block. Calls must not overlap. After a turn that
   * `signal` stopped, the next one begins with the intents that were not reached. Throws if the store fails.
   */
  readonly turn: (signal: AbortSignal) => Promise<void>;
  /** Stops signers that still work on a request. */
  readonly close: () => void;
}

/** A leg has five requests, from its verdict to its submission; more in one turn would be a loop. */
const MOST_QUESTIONS = 8;

export function transactionRunner(parts: RunnerParts): TransactionRunner {
  const { signWaitMs: waitMs, signTimeoutMs: timeoutMs } = parts.limits;
  const background = backgroundSigners(parts.signers, { waitMs, timeoutMs, clock: parts.clock });
  const own = { ...parts, signers: background.signers };
  const newest = newestOnly();
  /** Intents that had their turn since the last complete one. */
  const served = new Set<string>();
  return {
    turn: async (signal) => {
      const open = inOrder((await parts.store.open()).map(({ state }) => state));
      const isServed = ({ intent }: IntentState): boolean => served.has(intent.id);
      for (const { intent } of [...open.filter((each) => !isServed(each)), ...open.filter(isServed)]) {
        if (signal.aborted) return;
        served.add(intent.id);
        const stored = await parts.store.load(intent.id);
        if (stored === null || stored.state.stage === 'ended') continue;
        await turnOf(own, stored, newest, signal);
      }
      served.clear();
    },
    close: background.close,
  };
}

/** Refuses facts of a block that is older than one seen since the start. */
function newestOnly(): (facts: ChainFacts) => boolean {
  let highest = 0n;
  return ({ block }) => {
    if (block.height < highest) return false;
    highest = block.height;
    return true;
  };
}

async function turnOf(
  parts: RunnerParts,
  stored: StoredIntent,
  isNewest: (facts: ChainFacts) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { intent } = stored.state;
  const facts = await factsFor(parts, intent, signal);
  if (typeof facts === 'string' || !isNewest(facts)) {
    const why =
      typeof facts === 'string' ? facts : `block ${facts.block.height} is older than one seen before`;
    parts.tell({ kind: 'no-facts', intent: intent.id, why });
    return;
  }
  const open = (await parts.store.open()).map(({ state }) => state);
  await follow(parts, stored, { kind: 'facts', facts, mayBegin: mayBegin(stored.state, open) }, signal);
}

async function factsFor(
  { chain, limits, clock }: RunnerParts,
  intent: Intent,
  signal: AbortSignal,
): Promise<ChainFacts | string> {
  try {
    const ask = (limited: AbortSignal) => chain.facts(intent, limited);
    return await within('facts', limits.answerTimeoutMs, signal, ask, clock);
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Applies one event and the answers to all its requests. A stop of the process takes effect between two
 * requests, never before a store.
 */
async function follow(
  parts: RunnerParts,
  { state: first, revision: firstRevision }: StoredIntent,
  given: IntentEvent,
  signal: AbortSignal,
): Promise<void> {
  const { id } = first.intent;
  let state = first;
  let revision = firstRevision;
  let event = given;
  for (let questions = 0; questions <= MOST_QUESTIONS; questions += 1) {
    const next = step(parts.rules, state, event);
    const kept = await keep(parts, id, next.effects, revision);
    if (kept === null) return;
    revision = kept;
    state = next.state;
    const asked = askedIn(next.effects);
    if (asked === null || signal.aborted) return;
    event = await answerTo(parts, state, asked, signal);
    parts.tell({ kind: 'answered', intent: id, event });
  }
}

/**
 * Performs the `store` effect of a step before all others. Returns the next revision, or null if another
 * process was first.
 */
async function keep(
  { store, tell }: Pick<RunnerParts, 'store' | 'tell'>,
  intent: string,
  effects: readonly Effect[],
  revision: number,
): Promise<number | null> {
  let now = revision;
  for (const effect of effects) {
    if (effect.kind === 'store') {
      const { state, notes, closed } = effect;
      const saving = await store.save({ revision: now, state, notes, closed });
      if (!saving.ok) {
        tell({ kind: 'gave-way', intent, code: saving.code });
        return null;
      }
      now = saving.revision;
    }
    tell({ kind: 'performed', intent, effect });
  }
  return now;
}

function askedIn(effects: readonly Effect[]): Ask | null {
  for (const effect of effects) if (effect.kind === 'ask') return effect.ask;
  return null;
}
