import type { Command } from 'commander';
import { EXIT_MEANINGS, type ExitCode, PLAN_EXIT_MEANINGS } from './exit.ts';
import type { Io } from './io.ts';

/** What every command is made with. */
export interface Context {
  readonly io: Io;
  /** Sets the exit status of a command that did not fail. */
  readonly exit: (code: ExitCode) => void;
}

/** Text after the options of `--help`: examples, then what the exit status means. */
const examplesOf = new WeakMap<Command, readonly string[]>();

/** Gives a command its examples, one command line each. They stand in `--help` and in the reference. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  examplesOf.set(command, examples);
  return command.addHelpText('after', () => `\nExamples:\n${indent(examples)}\n\n${exitHelp(command)}`);
}

/** The examples given to a command. */
export function examples(command: Command): readonly string[] {
  return examplesOf.get(command) ?? [];
}

const planning = new WeakSet<Command>();

/** Says of a command that its 2 means that something would change, so that no mistake may end with a 2. */
export function endsWithTwoOnChange(command: Command): Command {
  planning.add(command);
  return command;
}

/** Whether that was said of a command. */
export function isPlanning(command: Command): boolean {
  return planning.has(command);
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}

function exitHelp(command: Command): string {
  const meanings = isPlanning(command) ? PLAN_EXIT_MEANINGS : EXIT_MEANINGS;
  return `Exit status:\n${indent(meanings.map(({ code, meaning }) => `${code}  ${meaning}`))}\n`;
}
