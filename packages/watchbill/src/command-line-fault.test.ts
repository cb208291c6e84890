// Every command of the tree refuses wrong usage with status 2 and one line that names the wrong word.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '@watchbill/kit';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Command } from '@watchbill/kit/command/root';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { buildProgram } from './program.ts';
import { runCli } from './run.ts';
import { runFake } from './testing/run-all.ts';

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
    .flatMap(({ long, flags, argChoices, required: takesValue }) => [
      long ?? '',
      ...(takesValue ? [argChoices?.[0] ?? (flags.endsWith('<time>') ? '1d' : '1')] : []),
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
    if (hasCommands && given.length === 0)
      test(`--help of an unknown command: ${name}`, () =>
        refused([...path, 'no-such-word', '--help'], /unknown command no-such-word$/));
    if (!isVariadic)
      test(`a surplus argument: ${name}`, () =>
        refused(
          [...path, ...given, 'no-such-word', ...required(command)],
          hasCommands && given.length === 0
            ? /unknown command no-such-word$/
            : /surplus argument no-such-word$/,
        ));
  }
});

describe('a command ends with the status of its fault, and with 2 for wrong usage alone', () => {
  for (const kind of ['usage', 'denied', 'unknown', 'unreachable', 'fault'] as const)
    test(kind, async () => {
      const out = () => {
        throw new Fault('busy', kind, [{ what: 'another run works on it', where: null, remedy: 'wait' }]);
      };
      for (const { path } of TREE) {
        const io = fakeIo(settings);
        const code = await runCli([...path, '--help'], { ...io, out });
        assert.equal(code, EXIT[kind], path.join(' '));
        assert.equal(code === 2, kind === 'usage');
        assert.match(io.stderr(), /^error: another run works on it\n/);
      }
    });
});

test('a value that is not a number is refused with its flag', async () => {
  for (const line of ['fleet apply 0a1b --gate-timeout=5z', 'fleet plan --timeout=-1', 'status --wait=5m']) {
    const { all, code } = await runFake(line.split(' '), settings);
    assert.equal(code, EXIT.usage, all);
    assert.match(all, /is not a whole number of seconds from .*\n +where: +flag --/);
  }
});

test('help prints the help of a command at any depth', async () => {
  for (const [line, usage] of [
    ['help', 'watchbill [options] [command]'],
    ['help serve', 'watchbill serve [options]'],
    ['help fleet plan', 'watchbill fleet plan [options]'],
    ['help fleet backup list', 'watchbill fleet backup list [options]'],
  ] as const) {
    const { code, stdout } = await runFake(line.split(' '), settings);
    assert.equal(code, EXIT.ok, line);
    assert.ok(stdout.startsWith(`Usage: ${usage}`), `${line}: ${stdout}`);
  }
});
