// `--help` is made without loading a command, so its line for each is compared with the command itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '@watchbill/kit/command/root';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { DOORS } from './doors.ts';
import { buildProgram } from './program.ts';
import { runFake } from './testing/run-all.ts';

const settings = { cwd: '/' };

function whole(): Command {
  return buildProgram({ io: fakeIo(settings), exit: () => undefined });
}

function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => parts.push(part) });
  command.outputHelp();
  return parts.join('');
}

test('the help of the root is what all commands together would say', async () => {
  const { code, stdout } = await runFake(['--help'], settings);
  assert.equal(code, 0);
  assert.equal(stdout, helpOf(whole()));
});

test('a command prints the same description by itself and in the list', async () => {
  const program = whole();
  assert.equal(program.commands.length, DOORS.length);
  for (const command of program.commands) {
    const told = helpOf(command);
    for (const args of [
      [command.name(), '--help'],
      ['help', command.name()],
    ]) {
      const { code, stdout } = await runFake(args, settings);
      assert.equal(code, 0, args.join(' '));
      assert.equal(stdout, told, args.join(' '));
    }
  }
});
