// One machine that can stand in for each of two validators, in the time of one clock.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askFor } from '../testing/pair-ground.ts';
import { handed, startSpare, toSpare, type Validator } from '../testing/spare-ground.ts';
import { atOnce, type Ground } from '../testing/start-guard.ts';

const isPlaced = ({ name }: Validator, spare: Ground): boolean => spare.open.has(name.file);

describe('a spare of two validators', () => {
  it('takes one, refuses the other one meanwhile, and takes that one later', async (t) => {
    const { one, two, run, pass } = await startSpare(t);
    const spare = run();
    await pass(spare, 60_000);
    assert.equal(spare.open.size, 0);
    await one.change(toSpare);
    await pass(spare, 60_000);
    assert.ok(isPlaced(one, spare));
    assert.equal((await two.report()).busyWith, '5One');

    await two.change(handed('bravo', 'spare'));
    await pass(spare, 60_000);
    assert.ok(isPlaced(one, spare) && !isPlaced(two, spare));
    const { holder, from, state, beat } = await two.record();
    assert.deepEqual([holder, from, state], ['spare', 'bravo', 'free']);
    await pass(spare, 30_000);
    assert.equal((await two.record()).beat, beat, 'so bravo takes it back');

    await one.change(askFor('alpha'));
    await pass(spare, 90_000);
    assert.equal((await one.record()).holder, 'alpha');
    assert.ok(isPlaced(two, spare) && !isPlaced(one, spare));
  });

  it('takes one of two that it gets at the same moment, and frees the other one', async (t) => {
    const { one, two, run, pass } = await startSpare(t, ['spare', 'spare']);
    // A record may move while the keys of its validator are still placed.
    const spare = run({}, (keeper) => ({ ...keeper, hasBegun: () => false }));
    await pass(spare, 120_000);
    assert.equal(spare.open.size, 1);
    const states = [(await one.record()).state, (await two.record()).state];
    assert.deepEqual(states.toSorted(), ['free', 'held']);
  });

  it('goes on with the validator that it had before a restart', async (t) => {
    const { one, two, run, pass } = await startSpare(t, ['alpha', 'spare']);
    const before = run();
    await pass(before, 60_000);
    assert.ok(isPlaced(two, before));
    before.stop.abort();
    await pass(before, 1_000);
    await one.change(toSpare);
    two.cut(true);
    const after = run();
    await pass(after, 20_000);
    assert.equal(after.open.size, 0, 'the store does not say yet whether it still has that one');
    two.cut(false);
    await pass(after, 120_000);
    assert.ok(isPlaced(two, after) && !isPlaced(one, after));
  });

  it('stays stopped for one validator alone, and goes on for the other', async (t) => {
    const { one, two, run, pass } = await startSpare(t, ['spare', 'bravo']);
    const spare = run();
    await pass(spare, 60_000);
    assert.ok(isPlaced(one, spare));
    spare.own.disables(1);
    await pass(spare, 10_000);
    assert.equal(spare.open.size, 0);
    assert.equal(one.latch()?.cause, 'offence');
    await two.change(toSpare);
    await pass(spare, 60_000);
    assert.ok(isPlaced(two, spare));
    await assert.doesNotReject(atOnce(spare.running));
  });

  it('uses no fence and takes no role back for a second validator', async (t) => {
    const { one, two, run, pass } = await startSpare(t, ['spare', 'bravo']);
    const fenced: string[] = [];
    const off = Promise.withResolvers<{ readonly isOff: boolean; readonly say: string }>();
    const powerOff = (machine: string) => {
      fenced.push(machine);
      return off.promise;
    };
    await one.change((record) => ({ ...record, holder: 'alpha', state: 'held' }));
    await two.change((record) => ({ ...record, state: 'held' }));
    const spare = run({ fence: { afterMs: 45_000, powerOff } });
    await pass(spare, 50_000);
    assert.deepEqual(fenced.toSorted(), ['alpha', 'bravo'], 'both are silent');
    await one.change(toSpare);
    await pass(spare, 60_000);
    assert.ok(isPlaced(one, spare));
    off.resolve({ isOff: true, say: 'off' });
    await pass(spare, 120_000);
    assert.equal((await two.record()).holder, 'bravo', 'the fence confirmed it too late');
    assert.equal(fenced.length, 2, 'a machine that cannot take over powers none off');
    await two.change(handed('spare', 'bravo'));
    await pass(spare, 120_000);
    assert.equal((await two.record()).how, 'handover');
  });

  it('takes the word of a person for the validator of which it speaks, and for no other', async (t) => {
    const { one, two, run, pass } = await startSpare(t, ['alpha', 'spare']);
    const spare = run();
    for (const node of spare.witnesses) node.silent(true);
    await pass(spare, 60_000);
    one.allow({ by: 'ada', reason: 'alpha is wiped' });
    await pass(spare, 2_000);
    assert.ok(!isPlaced(two, spare), 'its votes wait');
    two.allow({ by: 'ada', reason: 'bravo is wiped' });
    await pass(spare, 2_000);
    assert.ok(isPlaced(two, spare));
  });
});
