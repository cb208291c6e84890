import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inOrder, mayBegin } from './queue.ts';
import { fakeProgramme, intentOf, key, STASH } from './runner/testing/fake-programme.ts';
import { type IntentState, plannedState } from './state.ts';

const OTHER = key('other');
const other = (parts: object = {}) => plannedState(intentOf({ nominator: OTHER, real: OTHER, ...parts }));

async function flying(): Promise<IntentState> {
  const programme = fakeProgramme();
  await programme.store.add(intentOf());
  programme.node.manners.submit = 'lost';
  await programme.pass(1);
  return programme.state(intentOf());
}

describe('the queue', () => {
  test('allows one open extrinsic per account', async () => {
    const open = [await flying(), other()];
    assert.equal(mayBegin(other(), open), false);
    const direct = other({ way: 'direct', signer: OTHER });
    assert.equal(mayBegin(direct, [...open.slice(0, 1), direct]), true);
  });

  test('counts an extrinsic whose era is over no longer', async () => {
    const state = await flying();
    const { flight } = state;
    assert.ok(flight !== null);
    assert.equal(mayBegin(other(), [{ ...state, flight: { ...flight, outcome: 'expired' } }, other()]), true);
  });

  test('lets the older intent of a nominator end first', () => {
    const older = plannedState(intentOf());
    const newer = plannedState(intentOf({ era: 8, round: 'round 8' }));
    assert.equal(mayBegin(newer, [older, newer]), false);
    assert.equal(mayBegin(older, [older, newer]), true);
    assert.equal(older.intent.nominator, STASH);
  });

  test('gives the turn to the intent with the nearest deadline', () => {
    const late = plannedState(intentOf({ deadlineRelay: 1_000_900n }));
    const soon = other({ deadlineRelay: 1_000_100n });
    assert.deepEqual(inOrder([late, soon]), [soon, late]);
  });
});
