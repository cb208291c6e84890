import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { StoreFault, type StoreFaultCode } from '../../store/index.ts';
import { type Closer, onceStoreAnswers } from './once-store-answers.ts';

/** A start that opens one thing and then fails with each code in turn; after the last one it succeeds. */
function stageOf(context: TestContext, codes: Iterator<StoreFaultCode>) {
  const clock = createVirtualClock({ flowing: true });
  context.after(() => clock.halt());
  const warned: string[] = [];
  const log = { info() {}, error() {}, warn: (_: object, text: string) => void warned.push(text) };
  const closers: Closer[] = [];
  const stage = { clock, warned, closers, opened: 0, closed: 0 };
  const start = async (opened: Closer[]): Promise<string> => {
    stage.opened += 1;
    opened.push(async () => {
      stage.closed += 1;
    });
    const { value, done } = codes.next();
    if (done !== true) throw new StoreFault(value, `it is ${value}`, 'look at it');
    return 'started';
  };
  return { stage, run: () => onceStoreAnswers({ clock, log, closers }, start) };
}

test('a store that answers late is waited for, and a failed start closes everything that it opened', async (context) => {
  const { stage, run } = stageOf(
    context,
    ['unavailable', 'unavailable'].values() as Iterator<StoreFaultCode>,
  );
  assert.equal(await run(), 'started');
  assert.deepEqual([stage.opened, stage.closed, stage.closers.length], [3, 2, 1]);
  assert.equal(stage.warned[0], 'the store does not answer; the service tries again for 15 s');
});

test('a store that stays silent ends the start after 15 seconds with its fault', async (context) => {
  const endless = { next: () => ({ value: 'unavailable' as const, done: false as const }) };
  const { stage, run } = stageOf(context, endless);
  const startMs = stage.clock.monotonicMs();
  await assert.rejects(run(), { name: 'StoreFault', code: 'unavailable' });
  assert.equal(stage.clock.monotonicMs() - startMs, 15_000);
  assert.equal(stage.opened, stage.closed);
});

test('any other fault ends the start at once', async (context) => {
  const { stage, run } = stageOf(context, ['refused'].values() as Iterator<StoreFaultCode>);
  await assert.rejects(run(), { code: 'refused' });
  assert.deepEqual([stage.opened, stage.closed, stage.warned], [1, 1, []]);
});
