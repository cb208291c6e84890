import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBoard } from './board.ts';
import { known } from './known.ts';
import type { Look } from './look.ts';
import { samplesOf } from './samples.ts';

const EMPTY: Look = { nodes: [], chains: [], certificates: [], backups: null };

test('two files about backups that cannot be read are one unknown fact, with the value 1', async () => {
  const board = openBoard();
  board.publish(samplesOf({ ...EMPTY, backups: known([null, null]) }, 'n', 'here').samples);
  const lines = (await board.text())
    .split('\n')
    .filter((line) => line.startsWith('watchbill_fleet_unknown{'));
  assert.deepEqual(lines, ['watchbill_fleet_unknown{network="n",place="here",what="backups"} 1']);
});
