import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { Command } from 'commander';
import { fillFleet } from './fleet-command.ts';
import { runFake } from './testing/run-fleet.ts';

const settings = { cwd: '/' };

function fleet(): Command {
  const command = new Command('watchbill').command('fleet');
  fillFleet(command, { io: fakeIo(settings), exit: () => undefined });
  return command;
}

const shown = (command: Command) =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name())
    .filter((name) => name !== 'help');

test('the first level has at most nine commands', () => {
  const names = shown(fleet());
  assert.ok(names.length <= 9, names.join(' '));
  for (const name of ['init', 'plan', 'apply']) assert.ok(names.includes(name));
});

test('each earlier spelling runs the command of today, with the same flags', async () => {
  const parent = fleet();
  const today = parent.commands
    .filter((one) => shown(parent).includes(one.name()))
    .flatMap((one) => one.commands);
  const flagsOf = (command: Command) => command.options.map(({ long }) => long);
  const old = parent.commands.filter((one) => !shown(parent).includes(one.name()) && one.name() !== 'help');
  assert.equal(old.length, 16);
  for (const one of old.filter((command) => command.name() !== 'access')) {
    const same = today.find((command) => command.name() === one.name());
    assert.ok(same !== undefined, one.name());
    assert.deepEqual(flagsOf(one), flagsOf(same));
    assert.deepEqual(shown(one), shown(same));
  }
  for (const args of [
    ['fleet', 'check', 'none.yaml'],
    ['fleet', 'file', 'check', 'none.yaml'],
  ]) {
    const { code, stderr } = await runFake(args, settings);
    assert.equal(code, 2);
    assert.match(stderr, /where: {6}none\.yaml/);
  }
});
