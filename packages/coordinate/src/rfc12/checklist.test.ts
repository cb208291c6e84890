import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ActionName } from './actions.ts';
import { actionsChecklist } from './checklist.ts';
import { ERA_2023_11, ERA_2023_12, ERA_2024_04, ERA_2026, type Era, eraAt, MAINNET_ERAS } from './eras.ts';

const R: ActionName = 'redemption';
const ALL: readonly ActionName[] = [R, 'deposit-sweep', 'moved-funds-sweep', 'moving-funds'];

describe('eras of the checklist', () => {
  const rows: readonly (readonly [Era, bigint, number, readonly ActionName[]])[] = [
    [ERA_2023_11, 4n, 0.9, [R]],
    [ERA_2023_11, 15n, 0.9, [R]],
    [ERA_2023_11, 16n, 0.9, ALL],
    [ERA_2023_11, 1n, 0.1249, [R, 'heartbeat']],
    [ERA_2023_11, 1n, 0.125, [R]],
    [ERA_2023_12, 16n, 0.0624, [...ALL, 'heartbeat']],
    [ERA_2023_12, 12n, 0.1, [R]],
    [ERA_2023_12, 1n, 0.0625, [R]],
    [ERA_2024_04, 4n, 0.0624, [...ALL, 'heartbeat']],
    [ERA_2024_04, 3n, 0.0625, [R]],
    [ERA_2026, 3n, 0.0625, [R, 'deposit-sweep', 'moved-funds-sweep']],
    [ERA_2026, 4n, 0, [...ALL, 'heartbeat']],
  ];
  for (const [era, index, draw, expected] of rows) {
    test(`${era.name}, window ${index}, draw ${draw}`, () => {
      assert.deepEqual(actionsChecklist(era, index, draw), expected);
    });
  }

  test('index 0 is not a window and has nothing to do, not even a heartbeat', () => {
    for (const era of [ERA_2023_11, ERA_2023_12, ERA_2024_04, ERA_2026]) {
      assert.deepEqual(actionsChecklist(era, 0n, 0), []);
    }
  });
});

test('schedules of eras: an era holds from its block on', () => {
  assert.equal(eraAt(MAINNET_ERAS, 0n), ERA_2024_04);
  assert.equal(eraAt(MAINNET_ERAS, 24_559_288n), ERA_2024_04);
  assert.equal(eraAt(MAINNET_ERAS, 24_559_289n), ERA_2026);
  assert.throws(() => eraAt([], 1n), RangeError);
});
