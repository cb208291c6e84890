import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { type Claim, RecordError } from '../../rule/index.ts';
import { StoreFault } from '../../store/index.ts';
import type { Verdict } from '../ground/verdict.ts';
import { LedgerFault } from '../ledger/port.ts';
import type { CoreModules } from '../modules.ts';
import { startCore, untilOpen } from '../testing/core.ts';
import { fakeLog, policyDocument } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { createClaimEngine } from './claims.ts';
import { claimWith, short, startedClaim } from './testing/claim.ts';

const BUDGET_MS = 10_000;
/** A standby waits for its delay after the slot began. */
const SECOND_NODE = { node: 'b', incarnation: '22'.repeat(16) };
const STANDBY_DELAY_MS = 50;
const SILENT = new StoreFault('unavailable', 'no answer', 'wait');

type Change = (modules: CoreModules) => Partial<CoreModules>;

/** An engine over a service that serves, with parts that the test changes. */
async function ground(context: TestContext, change: Change = () => ({})) {
  const { log, events: errors } = fakeLog('error');
  const world = clockOf(context);
  let ahead = 0;
  const clock = { ...world, monotonicMs: () => world.monotonicMs() + ahead };
  const { modules } = await startCore(context, { parts: { log, clock } });
  await untilOpen(context, modules);
  errors.length = 0;
  const engine = createClaimEngine({ ...modules, ...change(modules) });
  const decide = (claim: Partial<Claim> = {}, gone?: AbortSignal, budgetMs = BUDGET_MS) => {
    const arrivedMs = clock.monotonicMs();
    const { asked } = startedClaim(claimWith(claim), { arrivedMs, deadlineMs: arrivedMs + budgetMs });
    return engine.decide(asked, gone);
  };
  /** A slot that begins some seconds from now. */
  const slotIn = (seconds: number) => {
    const { genesisMs, slotMs } = policyDocument().ceilings;
    return [BigInt(Math.floor((clock.nowMs() - genesisMs) / slotMs) + seconds)];
  };
  const jump = (ms: number) => {
    ahead += ms;
  };
  const timed = async (verdict: Promise<Verdict>) => {
    const beganMs = clock.monotonicMs();
    const told = short(await verdict);
    return { told, ms: clock.monotonicMs() - beganMs };
  };
  return { modules, decide, slotIn, timed, errors, clock, jump };
}

const stepsOf = ({ steps }: Verdict) => Object.fromEntries((steps ?? []).map(({ name, ms }) => [name, ms]));

/** The store takes this long to answer a transaction. */
const slowStore =
  (context: TestContext, ms: number): Change =>
  ({ batcher }) => ({
    batcher: {
      ...batcher,
      submit: async (transaction) => {
        await clockOf(context).sleep(ms);
        return batcher.submit(transaction);
      },
    },
  });

/** Counts the claims that follow a mark, now and in all. */
function follows() {
  const count = { now: 0, all: 0 };
  const change: Change = ({ followMark }) => ({
    followMark: (ref) => {
      count.now += 1;
      count.all += 1;
      const leave = followMark(ref);
      return () => {
        count.now -= 1;
        leave();
      };
    },
  });
  return { count, change };
}

describe('a claimant that is gone', () => {
  test('gets no answer later than now, while its claim is held', async (context) => {
    const { count, change } = follows();
    const { decide, slotIn, timed, clock } = await ground(context, change);
    const gone = new AbortController();
    const asked = timed(decide({ unit: slotIn(5), owner: SECOND_NODE }, gone.signal));
    await clock.sleep(37);
    assert.deepEqual(count, { now: 1, all: 1 });
    gone.abort();
    assert.deepEqual(await asked, { told: 'unknown:deadline', ms: 37 });
    await clock.sleep(1);
    assert.equal(count.now, 0, 'the mark is followed no more');
    assert.deepEqual(getEventListeners(gone.signal, 'abort'), []);
  });

  test('has no turn at the mark, if it waits for one', async (context) => {
    const { decide, timed, clock } = await ground(context, slowStore(context, 300));
    const gone = new AbortController();
    const first = decide({ unit: [50n] });
    const second = timed(decide({ unit: [60n] }, gone.signal));
    await clock.sleep(100);
    gone.abort();
    assert.deepEqual(await second, { told: 'unknown:deadline', ms: 100 });
    assert.equal(short(await first), 'granted:new');
    assert.equal(short(await decide({ unit: [60n] })), 'granted:new', 'the unit is still free');
  });

  test('before its claim arrives has no turn', async (context) => {
    const { decide, timed } = await ground(context);
    assert.deepEqual(await timed(decide({ unit: [50n] }, AbortSignal.abort())), {
      told: 'unknown:deadline',
      ms: 0,
    });
    assert.equal(short(await decide({ unit: [50n] })), 'granted:new', 'the unit is still free');
  });

  test('just before its claim is held is not waited for', async (context) => {
    const gone = new AbortController();
    const { decide, slotIn, timed } = await ground(context, ({ marks }) => ({
      marks: {
        ...marks,
        get: (ref) => {
          gone.abort();
          return marks.get(ref);
        },
      },
    }));
    const asked = timed(decide({ unit: slotIn(5), owner: SECOND_NODE }, gone.signal));
    assert.deepEqual(await asked, { told: 'unknown:deadline', ms: 0 });
  });

  test('while its transaction is under way is granted nothing, and the unit is taken', async (context) => {
    const { decide, timed, clock } = await ground(context, slowStore(context, 300));
    const gone = new AbortController();
    const asked = timed(decide({ unit: [50n] }, gone.signal));
    await clock.sleep(100);
    gone.abort();
    assert.equal((await asked).told, 'unknown:deadline');
    assert.equal(short(await decide({ unit: [50n], digest: '02'.repeat(32) })), 'denied:digest-differs');
  });

  test('leaves no listener behind once it has its answer, and no timer', async (context) => {
    const { decide, clock } = await ground(context);
    const gone = new AbortController();
    await clock.sleep(1);
    const before = clockOf(context).pending();
    assert.equal(short(await decide({ unit: [50n] }, gone.signal)), 'granted:new');
    assert.deepEqual(getEventListeners(gone.signal, 'abort'), []);
    assert.equal(clockOf(context).pending(), before);
  });
});

test('a claim that is held wakes at its moment, and follows its mark once, until it ends', async (context) => {
  const { count, change } = follows();
  const waits: { isOver: boolean }[] = [];
  const { decide, slotIn, clock } = await ground(context, (inner) => ({
    ...change(inner),
    marks: {
      ...inner.marks,
      onChange: (ref, listener) => {
        const wait = { isOver: false };
        waits.push(wait);
        const leave = inner.marks.onChange(ref, listener);
        return () => {
          wait.isOver = true;
          leave();
        };
      },
    },
  }));
  const unit = slotIn(5);
  const asked = decide({ unit, owner: SECOND_NODE });
  await clock.sleep(100);
  // Another unit of the mark is granted: the claim looks again, and waits on.
  assert.equal(short(await decide({ unit: [50n] })), 'granted:new');
  await clock.sleep(100);
  const { length } = waits;
  assert.ok(length > 1);
  assert.deepEqual(
    waits.filter(({ isOver }) => !isOver),
    waits.slice(-1),
    'only the last wait goes on',
  );
  // A change of the policy, the session or the clock wakes no claim.
  await clock.sleep(1_000);
  assert.equal(waits.length - length, 4, 'it looks again each quarter of a second');
  assert.equal(short(await asked), 'granted:new');
  await clock.sleep(1);
  assert.deepEqual(count, { now: 0, all: 1 });
  assert.ok(waits.every(({ isOver }) => isOver));
  const { ceilings } = policyDocument();
  const dueMs = ceilings.genesisMs + Number(unit[0]) * ceilings.slotMs + STANDBY_DELAY_MS;
  assert.ok(clock.nowMs() >= dueMs && clock.nowMs() < dueMs + 50);
});

describe('a fault', () => {
  test('of a store that does not answer is waited for, without following the mark', async (context) => {
    const { count, change } = follows();
    let tries = 0;
    const { decide, timed } = await ground(context, (inner) => ({
      ...change(inner),
      batcher: {
        ...inner.batcher,
        submit: (transaction) => {
          tries += 1;
          return tries < 4 ? Promise.reject(SILENT) : inner.batcher.submit(transaction);
        },
      },
    }));
    const verdict = decide({ unit: [50n] });
    assert.equal((await timed(verdict)).told, 'granted:new');
    assert.equal(stepsOf(await verdict).store, 150, 'the pauses are time of the store');
    assert.equal(count.all, 0);
  });

  test('of a store that refuses is answered at once, and so is one of the disk', async (context) => {
    let fault: Error = new StoreFault('refused', 'no permission', 'look');
    const { decide, timed, errors } = await ground(context, ({ batcher }) => ({
      batcher: { ...batcher, submit: () => Promise.reject(fault) },
    }));
    assert.deepEqual(await timed(decide()), { told: 'unknown:store-unavailable', ms: 0 });
    fault = new RecordError('the policy', 'its text was changed');
    assert.deepEqual(await timed(decide()), { told: 'unknown:store-unavailable', ms: 0 });
    fault = new LedgerFault('the disk is full', 'look');
    assert.deepEqual(await timed(decide()), { told: 'unknown:ledger-unavailable', ms: 0 });
    assert.deepEqual(errors, []);
  });

  test('of the service is logged with its place, and answered as such', async (context) => {
    let thrown: unknown = new Error('a defect');
    const { decide, timed, errors } = await ground(context, ({ marks }) => ({
      marks: {
        ...marks,
        get: () => {
          throw thrown;
        },
      },
    }));
    assert.deepEqual(await timed(decide()), { told: 'unknown:internal', ms: 0 });
    thrown = Object.assign(new Error('without a stack'), { stack: undefined });
    await decide();
    thrown = 'a text';
    await decide();
    const [first, ...others] = errors.map(({ event, claimId, error }) => ({ event, claimId, error }));
    assert.match(String(first?.error), /^Error: a defect\n +at /);
    const name = { event: 'claim-failed', claimId: 'claim-1' };
    assert.deepEqual({ ...first, error: '' }, { ...name, error: '' });
    assert.deepEqual(others, [
      { ...name, error: 'without a stack' },
      { ...name, error: 'a text' },
    ]);
  });

  test('of the service while a claim is held is logged and answered as well', async (context) => {
    const { decide, slotIn, timed, errors } = await ground(context, () => ({
      followMark: () => {
        throw new Error('a defect');
      },
    }));
    const held = timed(decide({ unit: slotIn(5), owner: SECOND_NODE }));
    assert.deepEqual(await held, { told: 'unknown:internal', ms: 0 });
    assert.equal(errors[0]?.event, 'claim-failed');
  });
});

describe('the times of a claim', () => {
  test('are those of the store, of the own disk, and of the claims before it', async (context) => {
    const { decide } = await ground(context, slowStore(context, 30));
    const [first, second] = await Promise.all([decide({ unit: [50n] }), decide({ unit: [60n] })]);
    assert.deepEqual(stepsOf(first), { queue: 0, wait: 0, store: 30, flush: 1 });
    assert.deepEqual(stepsOf(second), { queue: 31, wait: 0, store: 30, flush: 1 });
  });

  test('leave out the work of the service itself', async (context) => {
    const world: { jump?: (ms: number) => void } = {};
    const { decide, jump } = await ground(context, ({ session, batcher }) => ({
      session: {
        ...session,
        state: () => {
          world.jump?.(40);
          return session.state();
        },
      },
      batcher: {
        ...batcher,
        submit: (transaction) => {
          world.jump?.(40);
          return batcher.submit(transaction);
        },
      },
    }));
    world.jump = jump;
    assert.deepEqual(stepsOf(await decide({ unit: [50n] })), { queue: 0, wait: 0, store: 0, flush: 1 });
  });

  test('have the wait for the moment of a standby', async (context) => {
    const { decide, slotIn, clock } = await ground(context);
    const beganMs = clock.monotonicMs();
    const verdict = await decide({ unit: slotIn(5), owner: SECOND_NODE });
    const { wait = 0, store, queue } = stepsOf(verdict);
    assert.deepEqual([queue, store], [0, 0]);
    assert.ok(wait > 4_000 && wait < clock.monotonicMs() - beganMs, String(wait));
  });
});
