import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { runCli } from './run.ts';
import { runFake } from './testing/run-all.ts';

/** Exit status and standard error of a command whose output fails. */
async function endOf(error: Error): Promise<{ readonly code: number; readonly stderr: string }> {
  const io = fakeIo({ cwd: '/' });
  const out = (): void => {
    throw error;
  };
  const code = await runCli(['config', 'schema'], { ...io, out });
  return { code, stderr: io.stderr() };
}

test('an error of the system becomes a sentence wherever it comes from, not a defect', async () => {
  for (const [code, syscall, pattern] of [
    ['ENOSPC', 'write', /disk is full[\s\S]*make room/],
    [
      'ENOENT',
      'open',
      /the file or its folder does not exist[\s\S]*where: +\/some\/file\n[\s\S]*correct the name/,
    ],
    ['EACCES', 'mkdir', /lacks the permission/],
  ] as const) {
    const path = syscall === 'open' ? { path: '/some/file' } : {};
    const end = await endOf(Object.assign(new Error(code), { code, syscall, ...path }));
    assert.equal(end.code, 1, 'the command may have had an effect');
    assert.match(end.stderr, pattern);
    assert.doesNotMatch(end.stderr, /defect/);
  }
  assert.match((await endOf(new Error('odd'))).stderr, /this is a defect/);
});

test('--help and --version succeed; a command that is missing or misspelt does not', async () => {
  const settings = { cwd: '/' };
  assert.match((await runFake(['--version'], settings)).stdout, /^\d+\.\d+\.\d+\n$/);
  const help = await runFake(['token', 'create', '--help'], settings);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /Examples:/);
  assert.doesNotMatch(help.stdout, /Exit status:/, 'only commands that differ print it');
  const claim = await runFake(['claim', '--help'], settings);
  assert.match(claim.stdout, /Exit status:\n {2}0 {2}granted\n {2}3 {2}denied\n/);
  const misspelt = await runFake(['satus'], settings);
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.stderr, /did you mean status/);
  for (const args of [[], ['policy'], ['claim'], ['status', '--nonsense'], ['status', 'x']])
    assert.equal((await runFake(args, settings)).code, 2, args.join(' '));
  const json = await runFake(['claim', '--json'], settings);
  assert.equal(JSON.parse(json.stderr).error.exitCode, 2);
});
