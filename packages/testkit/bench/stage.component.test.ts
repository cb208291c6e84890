import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Interrupted, onStage, type Stage } from './stage.ts';

const never = () => () => {};

test('what was started is stopped in reverse, and the folder is gone', async () => {
  const stopped: string[] = [];
  let folder = '';
  const result = await onStage(async (stage) => {
    folder = stage.folder;
    writeFileSync(join(folder, 'file'), 'x');
    for (const name of ['first', 'second'])
      await stage.start(Promise.resolve(name), async (it) => void stopped.push(it));
    return 7;
  }, never);
  assert.equal(result, 7);
  assert.deepEqual(stopped, ['second', 'first']);
  assert.ok(!existsSync(folder));
});

test('interrupted while something starts: it is stopped once it has started', async () => {
  const starting = Promise.withResolvers<string>();
  const stopped: string[] = [];
  let abandon = (): void => {};
  const bench = (stage: Stage) => stage.start(starting.promise, async (it) => void stopped.push(it));
  const running = onStage(bench, (callback) => {
    abandon = callback;
    return () => {};
  });
  abandon();
  starting.resolve('late');
  await assert.rejects(running, Interrupted);
  assert.deepEqual(stopped, ['late']);
});

test('a bench that fails leaves nothing, and what never started is not stopped', async () => {
  let folder = '';
  const failing = onStage(async (stage) => {
    folder = stage.folder;
    await stage.start(Promise.reject(new Error('no disk')), () => assert.fail('it never started'));
  }, never);
  await assert.rejects(failing, /no disk/);
  assert.ok(!existsSync(folder));
});

test('long work in the process stops when the bench is interrupted, or ends', async () => {
  const signals: AbortSignal[] = [];
  let abandon = (): void => {};
  const running = onStage(
    async ({ signal }) => {
      signals.push(signal);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    },
    (callback) => {
      abandon = callback;
      return () => {};
    },
  );
  assert.equal(signals[0]?.aborted, false);
  abandon();
  await assert.rejects(running, Interrupted);
  await onStage(async ({ signal }) => void signals.push(signal), never);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
});
