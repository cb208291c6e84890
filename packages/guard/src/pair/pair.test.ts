import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { askFor, type PairGround, type PairSetup, startPair } from '../testing/pair-ground.ts';
import { atOnce, fakeProcess } from '../testing/start-guard.ts';
import { SILENCE_MS } from './checklist.ts';
import { asked, taken } from './record.ts';

const ALL = ['audi', 'aura', 'gran'];
/** Long enough for the rule of votes, and for a key that authors. */
const WAITED_MS = 70_000;

/** A pair whose active machine has its keys. */
async function settledPair(t: TestContext, setup?: PairSetup): Promise<PairGround> {
  const ground = await startPair(t, setup);
  await ground.pass(WAITED_MS);
  return ground;
}

/** A fence, and the machines that it was asked to power off. */
function fakeFence(afterMs: number, answer = async () => ({ isOff: true, say: 'off' })) {
  const asked: string[] = [];
  const powerOff = (machine: string) => {
    asked.push(machine);
    return answer();
  };
  return { asked, setup: { fence: { afterMs, powerOff } } };
}

describe('a pair of guards', () => {
  it('places keys on the active machine only', async (t) => {
    const { alpha, bravo } = await settledPair(t);
    assert.deepEqual(alpha.kinds(), ALL);
    assert.deepEqual(bravo.kinds(), []);
    assert.match(bravo.reason('audi'), /^alpha is active since term 1$/);
  });

  it('hands over when a person asks: the old node is gone before the other machine is the holder', async (t) => {
    const { alpha, bravo, pass, put, record } = await settledPair(t);
    await put(askFor('bravo'));
    await pass(2_000);
    assert.deepEqual(alpha.kinds(), []);
    assert.deepEqual(alpha.steps.slice(-3), ['clear 3', 'stop with 0 open', 'clear 0']);
    assert.ok(alpha.said.includes('handed over: bravo'));
    const after = await record();
    assert.deepEqual([after.holder, after.term, after.how, after.to], ['bravo', 2n, 'handover', null]);
    assert.notEqual(after.lastSlot, null);
    await pass(WAITED_MS);
    assert.deepEqual(bravo.kinds(), ALL);
    assert.match(alpha.reason('gran'), /^bravo is active since term 2$/);
    bravo.stop.abort();
    await pass(2 * WAITED_MS);
    assert.equal((await record()).holder, 'bravo', 'a person stopped it after it had its keys');
  });

  it('takes the role back if the new machine never takes it, also while that machine wakes', async (t) => {
    for (const wakes of [null, 30, 57, 59, 60, 61, 62, 63, 66]) {
      const { alpha, bravo, pass, put, record, cut } = await settledPair(t);
      cut('bravo', true);
      alpha.own.syncing(wakes === null);
      await put(askFor('bravo'));
      await pass((wakes ?? 90) * 1_000);
      if (wakes === null) assert.equal((await record()).holder, 'bravo', 'its own node is not fit');
      alpha.own.syncing(false);
      cut('bravo', wakes === null || wakes === 30);
      if (wakes === 30) await put((now) => ({ ...now, state: 'held', from: null }));
      await pass(2 * WAITED_MS);
      const { holder, how } = await record();
      if (wakes === null) assert.deepEqual([holder, how], ['alpha', 'returned']);
      if (wakes === 30) assert.equal(holder, 'bravo', 'it may have placed a key');
      const [active, standby] = holder === 'alpha' ? [alpha, bravo] : [bravo, alpha];
      assert.deepEqual([active.kinds(), standby.kinds()], [wakes === 30 ? [] : ALL, []], `${wakes}`);
    }
  });

  it('stays active if the question is taken back, also while its node ends for it', async (t) => {
    const stops: number[] = [];
    const ground = await settledPair(t, {
      start: async () =>
        fakeProcess(async (end, deadlineMs) => {
          stops.push(deadlineMs);
          await ground.put((record) => asked(record, null, 'ada', 'cancelled'));
          end();
        }).node,
    });
    const { alpha, bravo, pass, put, record } = ground;
    await put(askFor('bravo'));
    await put((now) => asked(now, null, 'ada', 'cancelled'));
    await pass(10_000);
    assert.deepEqual([alpha.kinds(), stops], [ALL, []], 'its guard never saw the question');
    await put(askFor('bravo'));
    await pass(WAITED_MS);
    assert.deepEqual([alpha.kinds(), stops.length], [ALL, 1], 'it started the node again');
    assert.deepEqual([bravo.kinds(), alpha.said.filter((line) => line.startsWith('handed'))], [[], []]);
    const after = await record();
    assert.deepEqual([after.holder, after.term, after.to], ['alpha', 1n, null]);
  });

  it('ends the node of an active machine that cannot renew its role', async (t) => {
    const { alpha, pass, cut } = await settledPair(t);
    cut('alpha', true);
    await pass(20_000);
    assert.deepEqual(alpha.kinds(), ALL, 'an election of the store is no reason to stop');
    await pass(15_000);
    assert.deepEqual(alpha.kinds(), []);
    assert.ok(alpha.steps.includes('stop at once with 0 open'), alpha.steps.join());
    assert.match(
      alpha.said.at(-1) ?? '',
      /^role lost: the active role could not be renewed for 30 s$|^pair unread/,
    );
    cut('alpha', false);
    await pass(WAITED_MS + 30_000);
    assert.deepEqual(alpha.kinds(), ALL, 'the role was still its own');
  });

  it('ends a node that hangs at a stop before a person may take the role over', async (t) => {
    const ground = await settledPair(t, {
      start: async () => fakeProcess((end, deadlineMs) => void ground.clock.sleep(deadlineMs).then(end)).node,
    });
    const { alpha, bravo, pass, put } = ground;
    assert.deepEqual(alpha.kinds(), ALL);
    alpha.stop.abort();
    await pass(20_000);
    assert.deepEqual(alpha.kinds(), ALL, 'the node gets time to end by itself');
    await pass(SILENCE_MS - 20_000);
    await put((record) => taken(record, { ...BY_PERSON, seenTerm: 1n }));
    await pass(WAITED_MS);
    assert.deepEqual([alpha.kinds(), bravo.kinds()], [[], ALL]);
  });

  it('ends the node of a machine whose role a person gave to the other one', async (t) => {
    const { alpha, bravo, pass, put } = await settledPair(t);
    alpha.stop.abort();
    await pass(1_000);
    await put((record) => ({ ...taken(record, { ...BY_PERSON, seenTerm: 1n }) }));
    await pass(WAITED_MS);
    assert.deepEqual(bravo.kinds(), ALL);
  });

  it('keeps all keys away while the store says an older term than this machine saw', async (t) => {
    const { alpha, pass, put, record } = await settledPair(t);
    const old = await record();
    await put(askFor('bravo'));
    await pass(5_000);
    await put(() => old);
    await pass(WAITED_MS);
    assert.deepEqual(alpha.kinds(), []);
    assert.match(
      alpha.reason('gran'),
      /the store of the pair went back: it has term 1, and this machine saw term 2/,
    );
  });

  it('waits by the rule of votes in a new term, although its node ran all the while', async (t) => {
    const { bravo, pass, put } = await settledPair(t);
    await put(askFor('bravo'));
    await pass(5_000);
    assert.match(
      bravo.reason('gran'),
      /waits until 2 independent nodes finalise a block|waits until the own voter/,
    );
    assert.equal(bravo.kinds().includes('gran'), false);
  });

  it('leaves the role free after a clone, so that no fence is used', async (t) => {
    const { alpha, pass, record } = await startPair(t);
    alpha.own.hearsVotes(() => true);
    await pass(WAITED_MS);
    await assert.rejects(atOnce(alpha.running), { code: 'stopped' });
    assert.deepEqual([(await record()).state, alpha.kinds()], ['free', []]);
  });

  it('says that the role is free when its guard stops, and takes it up again', async (t) => {
    const { alpha, pass, record } = await settledPair(t);
    alpha.stop.abort();
    await pass(2_000);
    const { holder, state, lastSlot } = await record();
    assert.deepEqual([holder, state, lastSlot === null], ['alpha', 'free', false]);
  });
});

const BY_PERSON = { holder: 'bravo', how: 'person', by: 'ada', reason: 'alpha is off' } as const;

describe('a fence', () => {
  it('is not used on a machine that never took the role it was given', async (t) => {
    const { asked, setup } = fakeFence(1_000);
    const { pass, put, cut, record } = await startPair(t, setup);
    cut('alpha', true);
    await put((now) => ({ ...now, holder: 'charlie', from: 'bravo', state: 'free', term: now.term + 1n }));
    await pass(50_000);
    assert.deepEqual([asked, (await record()).holder], [[], 'charlie']);
    await pass(20_000);
    assert.deepEqual([asked, (await record()).how], [[], 'returned']);
  });

  it('is used on a silent active machine, and the standby takes over once that is certainly off', async (t) => {
    let isOff = false;
    const { asked, setup } = fakeFence(60_000, async () => ({ isOff, say: 'status: off' }));
    const { alpha, bravo, pass, cut, record } = await settledPair(t, setup);
    cut('alpha', true);
    await pass(50_000);
    assert.deepEqual(asked, []);
    await pass(20_000);
    assert.deepEqual(asked, ['alpha']);
    assert.equal((await record()).holder, 'alpha', 'not certainly off');
    isOff = true;
    await pass(70_000);
    assert.deepEqual([(await record()).holder, (await record()).how], ['bravo', 'fence']);
    await pass(WAITED_MS);
    assert.deepEqual([alpha.kinds(), bravo.kinds()], [[], ALL]);
  });

  it('is not used by a standby whose own node synchronises', async (t) => {
    const { asked, setup } = fakeFence(60_000);
    const { bravo, pass, cut } = await settledPair(t, setup);
    bravo.own.syncing(true);
    cut('alpha', true);
    await pass(150_000);
    assert.deepEqual(asked, []);
  });

  it('that fails holds up neither the node of the standby nor a stop of its guard', async (t) => {
    const { setup } = fakeFence(200_000, async () => ({ isOff: false, say: 'no answer of the board' }));
    const { bravo, pass, cut } = await settledPair(t, setup);
    cut('alpha', true);
    await pass(210_000);
    assert.deepEqual(
      bravo.said.filter((line) => line.startsWith('fenced')),
      ['fenced: alpha may be on'],
    );
    bravo.crash();
    await pass(5_000);
    assert.equal(
      bravo.steps.filter((step) => step === 'start').length,
      2,
      'the node follows the chain again',
    );
    await pass(210_000);
    bravo.stop.abort();
    await pass(5_000);
    assert.deepEqual(bravo.steps.slice(-2), ['stop with 0 open', 'clear 0']);
  });

  it('takes nothing over from a machine that was silent for the store only', async (t) => {
    const off = Promise.withResolvers<{ isOff: boolean; say: string }>();
    const { pass, cut, record } = await settledPair(t, fakeFence(60_000, () => off.promise).setup);
    cut('alpha', true);
    await pass(70_000);
    cut('alpha', false);
    await pass(10_000);
    off.resolve({ isOff: true, say: 'off' });
    await pass(10_000);
    assert.equal((await record()).holder, 'alpha', 'it renewed its role while the fence worked');
  });
});
