import assert from 'node:assert/strict';
import test from 'node:test';
import { NodeFault } from '@watchbill/chain';
import { readEraPoints } from '@watchbill/chain/reading';
import { fakeState } from '@watchbill/chain/testing';
import { createVirtualClock } from '@watchbill/kit/testing';

const clock = createVirtualClock({ startMs: 1_795_000_000_000, flowing: true });
const account = (at: number) => `0x${at.toString(16).padStart(64, '0')}`;

/** A node of Asset Hub. `points` by era, then by validator. */
function staking(active: number | null, points: Readonly<Record<number, readonly number[]>>) {
  const state = fakeState({ runtime: 'asset-hub-2026' });
  if (active !== null) state.set('Staking', 'ActiveEra', [[[], { index: active, start: '0' }]]);
  for (const [era, counts] of Object.entries(points)) {
    const individual = counts.map((count, at) => [account(at), count]);
    state.set('Staking', 'ErasRewardPoints', [[[Number(era)], { total: 0, individual }]]);
  }
  return (stash: number) => readEraPoints(state.node, clock, account(stash));
}

test('the points of both eras, beside the median of the validators that have points', async () => {
  const read = staking(1_900, { 1900: [20, 0, 60, 40, 30], 1899: [10, 20, 100], 1898: [1] });
  assert.deepEqual(await read(2), {
    known: true,
    eras: [
      { era: 1_900, own: 60, median: 35, validators: 4 },
      { era: 1_899, own: 100, median: 20, validators: 3 },
    ],
  });
  const others = await read(9);
  assert.ok(others.known);
  assert.deepEqual(others.eras[0], { era: 1_900, own: 0, median: 35, validators: 4 });
});

test('an era without points has no median, and the first era has none before it', async () => {
  const eras = [{ era: 0, own: 0, median: null, validators: 0 }];
  assert.deepEqual(await staking(0, {})(1), { known: true, eras });
});

test('points of a chain without staking, without an era or without an answer are unknown', async () => {
  const why = async (state: ReturnType<typeof fakeState>) => {
    const read = await readEraPoints(state.node, clock, account(1));
    return read.known ? read : read.why;
  };
  assert.equal(
    await why(fakeState({ runtime: 'people-2026' })),
    'Staking: the runtime has no Staking.ActiveEra',
  );
  assert.match(String(await why(fakeState({ runtime: 'asset-hub-2026' }))), /^Staking: no era is active$/);
  const gone = fakeState({ runtime: 'asset-hub-2026' });
  gone.setTrouble(() => {
    throw new NodeFault('lost', 'the connection ended');
  });
  assert.match(String(await why(gone)), /^no endpoint can be read: fake is silent \(the connection ended\)/);
});
