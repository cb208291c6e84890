import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { field, temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { runFake } from './testing/run-coordinate.ts';

const cwd = temporaryFolder();

test('alerts and a dashboard are written into a new folder, and an existing one is left', async () => {
  const run = () => runFake(['coordinate', 'watch', '--out', 'w', '--json'], { cwd });
  const made = await run();
  assert.equal(made.code, 0, made.stderr);
  const { alerts } = JSON.parse(made.stdout) as { readonly alerts: readonly string[] };
  const { groups } = parse(readFileSync(join(cwd, 'w', 'rules.yaml'), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
  };
  assert.deepEqual(
    groups.flatMap(({ rules }) => rules.map(field('alert'))),
    alerts,
  );
  const board = JSON.parse(readFileSync(join(cwd, 'w', 'watchbill-coordinate.json'), 'utf8'));
  assert.equal(board.uid, 'watchbill-coordinate');
  const again = await run();
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists already and is never overwritten/);
});
