import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CoreContext } from '../ground/context.ts';
import { clockOf } from '../testing/world.ts';
import { createWaiters } from './waiters.ts';

const LATE = new Error('too late');
const FAULT = new Error('the disk is full');

/** Waiters, and what became of each call, by its record. */
function ground(context: TestContext) {
  const clock = clockOf(context);
  const core = { parts: { clock }, options: { storeTimeoutMs: 2_000 } } as unknown as CoreContext;
  const waiters = createWaiters(core);
  const holding = new Set<string>();
  const ended: string[] = [];
  const late: string[] = [];
  const wait = (name: string, recordKey: () => string | null = () => name) => {
    const end = (how: string) => void ended.push(`${name} ${how}`);
    const holds = () => holding.has(name);
    const tooLate = () => {
      late.push(name);
      return LATE;
    };
    void waiters.until(holds, recordKey, tooLate).then(
      () => end('holds'),
      (error) => end(error.message),
    );
  };
  /** Lets everything run that is due now. */
  const settled = async () => {
    await clock.sleep(0);
    return ended.splice(0);
  };
  return { clock, waiters, holding, wait, settled, late };
}

test('a caller waits until its condition holds, and leaves no timer', async (context) => {
  const { clock, waiters, holding, wait, settled, late } = ground(context);
  const before = clock.pending();
  holding.add('one');
  wait('one');
  assert.deepEqual(await settled(), ['one holds'], 'it held already');
  for (const name of ['two', 'three']) wait(name);
  waiters.look();
  assert.deepEqual(await settled(), []);
  assert.equal(clock.pending(), before + 2);
  holding.add('two');
  assert.deepEqual(await settled(), [], 'no event came');
  waiters.look();
  assert.deepEqual(await settled(), ['two holds']);
  assert.deepEqual([clock.pending(), late], [before + 1, []]);
});

test('a fault ends those that wait for its record, or all of them', async (context) => {
  const { clock, waiters, wait, settled } = ground(context);
  const before = clock.pending();
  for (const name of ['one', 'two']) wait(name);
  wait('three', () => null);
  waiters.fail('one', FAULT);
  assert.deepEqual(await settled(), ['one the disk is full']);
  waiters.fail(null, FAULT);
  assert.deepEqual(await settled(), ['two the disk is full', 'three the disk is full']);
  waiters.look();
  assert.deepEqual([await settled(), clock.pending()], [[], before]);
});

test('a caller waits as long as the store may take, and no longer', async (context) => {
  const { clock, waiters, holding, wait, settled } = ground(context);
  wait('one');
  await clock.sleep(1_999);
  assert.deepEqual(await settled(), []);
  await clock.sleep(1);
  assert.deepEqual(await settled(), ['one too late']);
  holding.add('one');
  waiters.look();
  assert.deepEqual(await settled(), []);
});
