// Every command of the tree refuses wrong usage with status 2 and one line that names the wrong word.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../program.ts';
import { fakeIo, runFake } from '../testing/fake-io.ts';
import { EXIT } from './exit.ts';

const settings = { cwd: '/' };

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

function tree(command: Command, path: readonly string[] = []): readonly Leaf[] {
  return [{ path, command }, ...command.commands.flatMap((child) => tree(child, [...path, child.name()]))];
}

const TREE = tree(buildProgram({ io: fakeIo(settings), exit: () => undefined }));

/** Values for the required options of a command, so that the parser reaches its arguments. */
function required(command: Command): readonly string[] {
  return command.options
    .filter((option) => option.mandatory && option.defaultValue === undefined)
    .flatMap(({ long, argChoices, required: takesValue }) => [
      long ?? '',
      ...(takesValue ? [argChoices?.[0] ?? '1'] : []),
    ]);
}

async function refused(args: readonly string[], first: RegExp): Promise<void> {
  const { code, stderr } = await runFake(args, settings);
  const line = args.join(' ');
  assert.equal(code, EXIT.usage, `${line}: ${stderr}`);
  const errors = stderr.split('\n').filter((text) => text.startsWith('error: '));
  assert.equal(errors.length, 1, `${line}: ${stderr}`);
  assert.match(errors[0] ?? '', first, line);
}

describe('every command refuses with status 2', () => {
  test('the tree is whole', () => assert.ok(TREE.length > 110, String(TREE.length)));

  for (const { path, command } of TREE) {
    const name = ['watchbill', ...path].join(' ');
    test(`an unknown flag: ${name}`, () => refused([...path, '--no-such-flag'], /option --no-such-flag$/));

    for (const { long, required: takesValue } of command.options)
      if (takesValue && long != null)
        test(`a missing value: ${name} ${long}`, () =>
          refused([...path, long], new RegExp(`${long}\\b.*has no value$`)));

    const hasCommands = command
      .createHelp()
      .visibleCommands(command)
      .some((child) => child.name() !== 'help');
    const isVariadic = command.registeredArguments.some(({ variadic }) => variadic);
    const given = command.registeredArguments.map(() => '1');
    if (!isVariadic)
      test(`a surplus argument: ${name}`, () =>
        refused(
          [...path, ...given, 'no-such-word', ...required(command)],
          hasCommands ? /unknown command no-such-word$/ : /surplus argument no-such-word$/,
        ));
  }
});

describe('the nearest name is in the remedy', () => {
  for (const [line, near] of [
    ['satus', 'status'],
    ['help satus', 'status'],
    ['policy aply', 'apply'],
    ['fleet backup lst', 'list'],
    ['fleet backup verfy --here', 'verify'],
    ['status --confg=x', '--config'],
    ['token create --rol node', '--role'],
    ['nominate round plan --snapshott x', '--snapshot'],
  ] as const)
    test(line, async () => {
      const { code, stderr } = await runFake(line.split(' '), settings);
      assert.equal(code, EXIT.usage);
      assert.ok(stderr.includes(`did you mean ${near}?`), stderr);
    });

  test('a word that is close to none has only the help', async () => {
    const { stderr } = await runFake(['policy', 'qqqqqqqq'], settings);
    assert.match(stderr, /unknown command qqqqqqqq\n {2}what to do: see `watchbill policy --help`/);
  });
});

test('a missing command, a missing option and a choice that is none are named', async () => {
  await refused(['policy'], /a command is missing/);
  await refused(['token', 'create', '--name', 'a'], /--role <role> is missing/);
  await refused(['token', 'create', '--role', 'king'], /--role <role> cannot be "king"/);
  await refused(['policy', 'apply'], /argument \S+ is missing/);
});
