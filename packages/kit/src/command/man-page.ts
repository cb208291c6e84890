import { childrenOf, examples, statuses } from './context.ts';
import { EXIT_MEANINGS, exitRows } from './exit.ts';
import type { Command, Option } from './root.ts';
import { packageVersion } from './version.ts';

/** The page of a command of the first level, or of the program itself, for `man`: macros of man(7). */
export function manPage(command: Command): string {
  const name = command.parent === null ? command.name() : `${command.parent.name()}-${command.name()}`;
  const meanings = { ...EXIT_MEANINGS, ...statuses(command) };
  return [
    `.TH ${name.toUpperCase()} 1 "" "watchbill ${packageVersion()}" "watchbill"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(command.description())}`,
    '.SH SYNOPSIS',
    ...synopsis(command, pathOf(command)),
    ...(command.parent === null ? commandList(command) : sections(command, true)),
    '.SH EXIT STATUS',
    ...exitRows(meanings).flatMap(([code, meaning]) => entry(String(code), meaning)),
    '.SH SEE ALSO',
    command.parent === null ? '.BR watchbill-status (1)' : '.BR watchbill (1)',
    '',
  ].join('\n');
}

/** All commands of the first level, in the order of `--help`. */
export function pagesOf(program: Command): readonly Command[] {
  return [program, ...childrenOf(program)];
}

function commandList(program: Command): readonly string[] {
  const rows = childrenOf(program).flatMap((child) => entry(child.name(), child.description()));
  return ['.SH COMMANDS', ...rows];
}

function sections(command: Command, isTop: boolean): readonly string[] {
  const path = pathOf(command);
  const options = command.options.filter((option) => !option.hidden);
  const lines = examples(command);
  return [
    ...(isTop ? [] : [`.SH ${path.slice(1).join(' ').toUpperCase()}`, escaped(command.description()), '.PP']),
    ...(isTop ? [] : synopsis(command, path)),
    ...(options.length === 0 ? [] : [isTop ? '.SH OPTIONS' : '.PP', ...options.flatMap(optionEntry)]),
    ...(lines.length === 0 ? [] : [isTop ? '.SH EXAMPLES' : '.PP', '.nf', ...lines.map(escaped), '.fi']),
    ...childrenOf(command).flatMap((child) => sections(child, false)),
  ];
}

function synopsis(command: Command, path: readonly string[]): readonly string[] {
  const names = command.registeredArguments.map((argument) => ` <${argument.name()}>`).join('');
  const rest = childrenOf(command).length > 0 ? ' <command>' : names;
  return [
    `.B ${escaped(path.join(' '))}`,
    escaped(`${command.options.length > 0 ? '[options]' : ''}${rest}`),
  ];
}

function optionEntry({ flags, description, argChoices, defaultValue }: Option): readonly string[] {
  const choices = argChoices === undefined ? '' : ` One of: ${argChoices.join(', ')}.`;
  const fallback = defaultValue === undefined ? '' : ` Default: ${String(defaultValue)}.`;
  return entry(flags, `${description.replace(/\.$/, '')}.${choices}${fallback}`);
}

function entry(term: string, text: string): readonly string[] {
  return ['.TP', `.B ${escaped(term)}`, escaped(text)];
}

function pathOf(command: Command): readonly string[] {
  return command.parent === null ? [command.name()] : [...pathOf(command.parent), command.name()];
}

/**
 * A line that begins with a dot or an apostrophe would be a macro, a plain `-` becomes a hyphen that no shell
 * takes, and characters outside ASCII depend on the locale.
 */
function escaped(text: string): string {
  const line = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('\n', ' ');
  const plain = line.replace(/[^ -~]/gu, (one) => `\\[u${hexOf(one)}]`);
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
