import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { commandsIn } from './testing/run-coordinate.ts';

const { json, refused, read } = commandsIn();

test('alerts and a dashboard are written into a new folder, and an existing one is left', async () => {
  const { alerts } = await json('watch --out w');
  const { groups } = parse(read('w/rules.yaml')) as {
    readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
  };
  assert.deepEqual(
    groups.flatMap(({ rules }) => rules.map(field('alert'))),
    alerts,
  );
  const board = JSON.parse(read('w/watchbill-coordinate.json'));
  assert.equal(board.uid, 'watchbill-coordinate');
  await refused(2, /exists already and is never overwritten/, 'watch --out w');
});
