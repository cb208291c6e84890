import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELDS } from '@watchbill/duty/config/fields';
import { examples } from '@watchbill/kit/command/context';
import type { Command } from '@watchbill/kit/command/root';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { renderCliReference, renderConfigReference } from '../../scripts/reference.ts';
import { buildProgram } from '../../src/index.ts';
import { runFake } from '../../src/testing/run-all.ts';

function everyCommand(command: Command): Command[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
  return [command, ...children.flatMap(everyCommand)];
}

test('every command has a description, examples and a separate section', () => {
  const program = buildProgram({ io: fakeIo({ cwd: '/' }), exit: () => undefined });
  const reference = renderCliReference();
  for (const command of everyCommand(program)) {
    assert.notEqual(command.description(), '', command.name());
    assert.notEqual(examples(command).length, 0, command.name());
    for (const option of command.options) assert.notEqual(option.description, '', option.flags);
    for (const example of examples(command))
      assert.ok(reference.includes(example) || command === program, example);
  }
  for (const path of [
    'init',
    'serve',
    'claim',
    'status',
    'policy apply',
    'token create',
    'config schema',
    'demo',
  ])
    assert.ok(reference.includes(`## watchbill ${path}\n`), path);
});

test('every value of the configuration is in its reference', () => {
  const reference = renderConfigReference();
  for (const { path, env, flag } of FIELDS)
    for (const text of [`### ${path}\n`, `\`${env}\``, `\`${flag}\``])
      assert.ok(reference.includes(text), text);
});

test('the references are the same every time', () => {
  assert.equal(renderCliReference(), renderCliReference());
  assert.equal(renderConfigReference(), renderConfigReference());
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
