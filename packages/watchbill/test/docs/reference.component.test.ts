import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELDS } from '@watchbill/duty/config/fields';
import { examples } from '@watchbill/kit/command/context';
import type { Command } from '@watchbill/kit/command/root';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { buildProgram } from 'watchbill';
import { renderCliReference, renderConfigReference } from '../../scripts/reference.ts';

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
