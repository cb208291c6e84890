import { type Clock, messageOf, pause, within } from '@watchbill/kit';
import type { Effect } from '../engine/effects.ts';
import type { EngineEvent } from '../engine/engine-events.ts';
import type { RunEvent, RunLimits } from './group-events.ts';
import type { RunnerPorts } from './ports.ts';

type Question<Plan> = Extract<Effect<Plan>, { readonly kind: 'read-inputs' | 'generate' | 'validate' }>;
type Timer<Plan> = Extract<Effect<Plan>, { readonly kind: 'ask-again-after' }>;

/** Open questions of the engine. Each is answered exactly once, at the latest at its deadline. */
export interface Questions<Plan> {
  ask(question: Question<Plan>): void;
  askAgainAfter(timer: Timer<Plan>): void;
  /** Timers end; answers to open questions are dropped with the signal. */
  close(): void;
}

export interface QuestionParts<Plan, Round, Proposal> {
  readonly ports: Pick<RunnerPorts<Plan, Proposal>, 'clock' | 'procedure'>;
  readonly limits: RunLimits;
  readonly time: Clock;
  readonly signal: AbortSignal;
  readonly answer: (event: EngineEvent<Proposal>) => void;
  readonly tell: (event: RunEvent<Plan, Round>) => void;
}

export function createQuestions<Plan, Round, Proposal>(
  parts: QuestionParts<Plan, Round, Proposal>,
): Questions<Plan> {
  const underWay = new Set<string>();
  const timers = new Set<string>();
  const closing = new AbortController();
  return {
    ask: (question) => {
      // A repeated step asks again. The answer to the first question serves both.
      const name = nameOf(question);
      if (underWay.has(name)) return;
      if (underWay.size >= parts.limits.questions) {
        parts.answer(failed(question, `${underWay.size} questions are already open, which is the most`));
        return;
      }
      underWay.add(name);
      void answered(parts, question).then((event) => {
        underWay.delete(name);
        if (!parts.signal.aborted) parts.answer(event);
      });
    },
    askAgainAfter: ({ window, attempt, delayMs }) => {
      const name = `${window}/${attempt}`;
      if (timers.has(name)) return;
      timers.add(name);
      void pause(delayMs, closing.signal, parts.time).then(() => {
        timers.delete(name);
        if (!closing.signal.aborted) parts.answer({ kind: 'ask-again', window, attempt });
      });
    },
    close: () => closing.abort(),
  };
}

function nameOf<Plan>(question: Question<Plan>): string {
  const { kind, window } = question;
  if (question.kind === 'generate') return `${kind}/${window}/${question.attempt}`;
  return question.kind === 'validate' ? `${kind}/${window}/${question.key}` : `${kind}/${window}`;
}

async function answered<Plan, Round, Proposal>(
  parts: QuestionParts<Plan, Round, Proposal>,
  question: Question<Plan>,
): Promise<EngineEvent<Proposal>> {
  try {
    return await ask(parts, question);
  } catch (error) {
    if (!parts.signal.aborted)
      parts.tell({ kind: 'port-failed', what: question.kind, why: messageOf(error) });
    return failed(question, messageOf(error));
  }
}

async function ask<Plan, Round, Proposal>(
  { ports, limits, time, signal }: QuestionParts<Plan, Round, Proposal>,
  question: Question<Plan>,
): Promise<EngineEvent<Proposal>> {
  const { window } = question;
  if (question.kind === 'read-inputs') {
    const read = (end: AbortSignal) => Promise.all(question.asks.map((ask) => ports.clock.input(ask, end)));
    return {
      kind: 'inputs',
      window,
      inputs: await within('the inputs of the window', limits.inputTimeoutMs, signal, read, time),
    };
  }
  if (question.kind === 'generate') {
    const { attempt, plan } = question;
    const make = (end: AbortSignal) => ports.procedure.generate(plan, attempt, end);
    const proposal = await within('making a proposal', limits.generateTimeoutMs, signal, make, time);
    return { kind: 'proposal', window, attempt, proposal };
  }
  const { key, plan, subject } = question;
  const judge = (end: AbortSignal) => ports.procedure.validate(plan, subject, end);
  return {
    kind: 'validated',
    window,
    key,
    answer: await within('validating', limits.validateTimeoutMs, signal, judge, time),
  };
}

/** The answer to a question that failed. Unknown is never valid. */
function failed<Plan, Proposal>(question: Question<Plan>, why: string): EngineEvent<Proposal> {
  const { window } = question;
  if (question.kind === 'read-inputs') return { kind: 'no-inputs', window, why };
  if (question.kind === 'generate') return { kind: 'no-proposal', window, attempt: question.attempt, why };
  return { kind: 'validated', window, key: question.key, answer: { result: 'unknown', why } };
}
