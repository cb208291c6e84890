import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { runFake } from '../testing/run-all.ts';
import { openWorkplace } from './demo-run.ts';
import { freePort } from './service.ts';
import { newChain, policyOf } from './setup.ts';

test('help names the options and gives examples; the validator process is not shown', async () => {
  const { stdout } = await runFake(['demo', '--help'], { cwd: '/' });
  for (const part of [
    'Usage: watchbill demo [options]\n',
    '--seconds <n>',
    '--kills [on|off]',
    '--json',
    'watchbill demo --seconds 90 --json',
    'Exit status',
  ])
    assert.ok(stdout.includes(part), part);
  assert.ok(!stdout.includes('validator <config>'));
});

test('numbers out of range and unknown choices are refused', async () => {
  for (const args of [
    ['--seconds', '0'],
    ['--seconds', '1.5'],
    ['--slot-ms', '1'],
    ['--port', '70000'],
    ['--kills', 'some'],
  ]) {
    const { code, stderr } = await runFake(['demo', ...args], { cwd: '/' });
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /give one of: on, off|is not a whole number/);
  }
});

test('a folder with something in it is not taken; a temporary one is removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-place-'));
  writeFileSync(join(folder, 'mine'), 'x');
  assert.throws(() => openWorkplace(folder), /must be empty/);
  rmSync(folder, { recursive: true });
  const place = openWorkplace(undefined);
  place.clear();
  assert.throws(() => rmSync(place.directory));
});

test('another port is taken where the preferred one is busy', async (context) => {
  const port = await listening(createServer(), context);
  const found = await freePort(port);
  assert.ok(found > 0 && found !== port);
});

test('the set-up has five keys, one of them held by two machines, and every other validator observes for a key', () => {
  const spec = newChain(1_000, 5_000_500);
  assert.deepEqual(
    [spec.authorities.length, new Set(spec.authorities).size, spec.genesisSlot],
    [5, 5, 5_000],
  );
  const rosters = [0, 1, 2, 3, 4].map((identity) => policyOf(spec, identity).roster.map((node) => node.name));
  assert.deepEqual(rosters, [['alpha-1', 'alpha-2'], ['bravo'], ['charlie'], ['delta'], ['echo']]);
  assert.deepEqual(policyOf(spec, 1).ceilings.observers, ['alpha-1', 'alpha-2', 'charlie', 'delta', 'echo']);
});
