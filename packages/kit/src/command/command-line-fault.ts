import type { Command, CommanderError } from 'commander';
import { type Fault, nearest, usageFault } from '../index.ts';

/** Each message of the parser, and our words for it. `$1` is the first group of the pattern. */
const MESSAGES: Readonly<Record<string, readonly [pattern: RegExp, what: string, remedy: string]>> = {
  'commander.optionMissingArgument': [/option '(.+?)'/, '$1 has no value', 'add the value'],
  'commander.missingMandatoryOptionValue': [/option '(.+?)'/, '$1 is missing', 'add it'],
  'commander.missingArgument': [/argument '(.+?)'/, 'argument $1 is missing', 'add it'],
  'commander.invalidArgument': [
    /'(.+?)' argument '(.*)' is invalid\. Allowed choices are (.+?)\.$/s,
    '$1 cannot be "$2"',
    'give one of: $3',
  ],
};

/**
 * The usage fault for an error of the parser: it names the flag or word, and the nearest known one. For
 * example `unknown option --confg`, with the remedy ``did you mean --config? …``.
 */
export function commandLineFault(error: CommanderError, program: Command, args: readonly string[]): Fault {
  const command = named(program, args[0] === 'help' ? args.slice(1) : args);
  const help = `see \`${typed(command)} --help\``;
  const flag = unknownFlag(error, command, args);
  if (flag !== null) return unknown('option', flag, flagsOf(command), help);
  if (error.code === 'commander.unknownCommand' || error.code === 'commander.help') {
    const word = firstUnknown(program, args[0] === 'help' ? args.slice(1) : args);
    if (word === null) return usageFault('a command is missing', help);
    return unknown('command', word, namesOf(command), help);
  }
  if (error.code === 'commander.excessArguments') {
    const count = command.registeredArguments.length;
    const surplus = command.args.slice(count).join(' ');
    if (count === 0 && namesOf(command).some((name) => name !== 'help'))
      return unknown('command', surplus, namesOf(command), help);
    const how = count === 0 ? 'remove it' : 'remove it, or put a text of several words in quotes';
    return usageFault(`surplus argument ${surplus}`, `${how}; ${help}`);
  }
  const [pattern, what, remedy] = MESSAGES[error.code] ?? [];
  const found = pattern?.exec(error.message);
  if (found == null || what === undefined) return usageFault(error.message.replace(/^error: /, ''), help);
  const filled = (text: string) => text.replace(/\$(\d)/g, (_, at) => found[Number(at)] ?? '');
  return usageFault(filled(what), `${filled(remedy ?? '')}; ${help}`);
}

/** The usage fault for help of an unknown command; the parser would print that of the command before it. */
export function helpFault(program: Command, args: readonly string[]): Fault | null {
  const words = args[0] === 'help' ? args.slice(1) : args;
  const word = asksHelp(args) ? nextUnknown(program, words) : null;
  if (word === null) return null;
  const command = named(program, words);
  return unknown('command', word, namesOf(command), `see \`${typed(command)} --help\``);
}

function unknown(kind: string, word: string, known: readonly string[], help: string): Fault {
  const near = nearest(word, known);
  return usageFault(`unknown ${kind} ${word}`, near === null ? help : `did you mean ${near}? Or ${help}`);
}

/** The parser checks required options first, so a misspelt one is looked for here. */
function unknownFlag(error: CommanderError, command: Command, args: readonly string[]): string | null {
  if (error.code === 'commander.unknownOption') return /'(.+?)(?:=.*)?'/s.exec(error.message)?.[1] ?? null;
  if (error.code !== 'commander.missingMandatoryOptionValue') return null;
  const known = flagsOf(command);
  const end = args.indexOf('--');
  const flags = (end < 0 ? args : args.slice(0, end)).filter((word) => word.startsWith('--'));
  return flags.map((word) => word.replace(/=.*$/s, '')).find((word) => !known.includes(word)) ?? null;
}

function flagsOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => long ?? []);
}

function namesOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => child.name());
}

/** The command that a line names, as far as it names one. */
function named(program: Command, args: readonly string[]): Command {
  const child = program.commands.find((command) => command.name() === args[0]);
  return child === undefined ? program : named(child, args.slice(1));
}

/** The first word of a line that is no command of the one before it; null without a word. */
function firstUnknown(program: Command, args: readonly string[]): string | null {
  const child = program.commands.find((command) => command.name() === args[0]);
  if (child !== undefined) return firstUnknown(child, args.slice(1));
  return args.find((word) => !word.startsWith('-')) ?? null;
}

export const asksHelp = (args: readonly string[]): boolean =>
  args[0] === 'help' || args.includes('--help') || args.includes('-h');

/** The word after the last known command, if a command belongs there. */
function nextUnknown(program: Command, [first = '-', ...rest]: readonly string[]): string | null {
  const child = program.commands.find((command) => command.name() === first);
  if (child !== undefined) return nextUnknown(child, rest);
  const isGroup = program.registeredArguments.length === 0 && program.commands.length > 0;
  return isGroup && !first.startsWith('-') ? first : null;
}

/** A command with those above it, as a person types it. */
function typed(command: Command): string {
  return command.parent === null ? command.name() : `${typed(command.parent)} ${command.name()}`;
}
