import type { Command } from 'commander';
import { type ExitCode, type ExitMeanings, exitRows } from './exit.ts';
import type { Io } from './io.ts';

/** Every command is made with a context. */
export interface Context {
  readonly io: Io;
  /** Sets the exit status of a command that did not fail. */
  readonly exit: (code: ExitCode) => void;
}

const examplesOf = new WeakMap<Command, readonly string[]>();
const statusesOf = new WeakMap<Command, ExitMeanings>();

/**
 * Gives a command its examples, one command line each. `--help` prints them after the options, and so does
 * the reference. Exit statuses follow only if the command has special ones: see {@link withStatuses}.
 */
export function withExamples(command: Command, examples: readonly string[]): Command {
  examplesOf.set(command, examples);
  return command.addHelpText('after', () => `\nExamples:\n${indent(examples)}\n${statusHelp(command)}`);
}

/** The examples given to a command. */
export function examples(command: Command): readonly string[] {
  return examplesOf.get(command) ?? [];
}

/** Gives a command the exit statuses that mean something special for it, for `--help` and the reference. */
export function withStatuses(command: Command, meanings: ExitMeanings): Command {
  statusesOf.set(command, meanings);
  return command;
}

/** The exit statuses given to a command: empty for most. */
export function statuses(command: Command): ExitMeanings {
  return statusesOf.get(command) ?? {};
}

/** The commands below this one that `--help` shows; hidden ones are for our own processes. */
export function childrenOf(command: Command): readonly Command[] {
  const shown = command.createHelp().visibleCommands(command);
  return shown.filter((child) => child.name() !== 'help');
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}

function statusHelp(command: Command): string {
  const rows = exitRows(statuses(command)).map(([code, meaning]) => `${code}  ${meaning}`);
  return rows.length === 0 ? '' : `\nExit status:\n${indent(rows)}\n`;
}
