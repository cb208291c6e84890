import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EngineEvent } from '../engine/engine-events.ts';
import type { Validation } from '../rules.ts';
import { RUN_LIMITS } from './group-events.ts';
import { createQuestions } from './questions.ts';
import { flowingTime } from './testing/flowing-time.ts';

function questionsOf(
  validate: (signal: AbortSignal) => Promise<Validation>,
  limits: Partial<typeof RUN_LIMITS> = {},
) {
  const answers: EngineEvent<string>[] = [];
  const { time, stop } = flowingTime();
  let told = (): void => undefined;
  const questions = createQuestions<string, unknown, string>({
    ports: {
      clock: {
        heights: () => {
          throw new Error('unexpected question');
        },
        input: async () => new Uint8Array(32),
      },
      procedure: {
        generate: async () => 'proposal',
        validate: (_plan, _subject, signal) => validate(signal),
      },
    },
    limits: { ...RUN_LIMITS, ...limits },
    time,
    signal: stop.signal,
    tell: () => undefined,
    answer: (event) => {
      answers.push(event);
      told();
    },
  });
  const count = (wanted: number): Promise<void> =>
    new Promise((resolve) => {
      told = () => answers.length >= wanted && resolve();
      told();
    });
  return { questions, answers, time, stop, count };
}

const question = (key: string) =>
  ({ kind: 'validate', window: 1n, key, subject: new Uint8Array(), plan: 'plan' }) as const;
const VALID: Validation = { result: 'valid' };

describe('questions', () => {
  test('that are repeated while they are open are asked once, and answered once', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<Validation>();
    const { questions, answers, time, count } = questionsOf(() => {
      asked += 1;
      return answer.promise;
    });
    questions.ask(question('a'));
    questions.ask(question('a'));
    answer.resolve(VALID);
    await count(1);
    await time.sleep(1_000);
    assert.equal(asked, 1);
    assert.deepEqual(answers, [{ kind: 'validated', window: 1n, key: 'a', answer: VALID }]);
    questions.ask(question('a'));
    await count(2);
    assert.equal(asked, 2);
  });

  test('have the answer `unknown` if they are too many, are late or fail', async () => {
    const slow = questionsOf(() => new Promise(() => undefined), { questions: 1 });
    slow.questions.ask(question('a'));
    slow.questions.ask(question('b'));
    await slow.count(2);
    assert.equal(slow.time.monotonicMs(), RUN_LIMITS.validateTimeoutMs);
    const failing = questionsOf(() => Promise.reject(new Error('no node')));
    failing.questions.ask(question('a'));
    await failing.count(1);
    const whys = [...slow.answers, ...failing.answers].map((event) => {
      assert.ok(event.kind === 'validated' && event.answer.result === 'unknown');
      return event.answer.why;
    });
    assert.deepEqual(whys, [
      '1 questions are already open, which is the most',
      'validating: no answer within 20000 ms',
      'no node',
    ]);
  });

  test('end with the run: the port is stopped, and the engine gets no answer', async () => {
    let ended = false;
    const { questions, answers, time, stop } = questionsOf(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended = true;
            reject(new Error('stopped'));
          });
        }),
    );
    questions.ask(question('a'));
    questions.askAgainAfter({ kind: 'ask-again-after', window: 1n, attempt: 1, delayMs: 60_000 });
    stop.abort();
    questions.close();
    await time.sleep(120_000);
    assert.ok(ended);
    assert.deepEqual(answers, []);
  });

  test('are asked again after their time, once', async () => {
    const { questions, answers, time, count } = questionsOf(async () => VALID);
    const timer = { kind: 'ask-again-after', window: 1n, attempt: 2, delayMs: 500 } as const;
    questions.askAgainAfter(timer);
    questions.askAgainAfter(timer);
    await count(1);
    assert.equal(time.monotonicMs(), 500);
    await time.sleep(1_000);
    assert.deepEqual(answers, [{ kind: 'ask-again', window: 1n, attempt: 2 }]);
    questions.close();
  });
});
