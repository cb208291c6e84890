import { CONNECTION_GROUP } from '@watchbill/duty/client/target';
import { SAMPLE_POLICY } from '@watchbill/duty/commands/policy/sample';
import { FIELDS, type Field, SECTIONS } from '@watchbill/duty/config/fields';
import { CONFIG_GROUP } from '@watchbill/duty/config/options';
import { childrenOf, examples, statuses } from '@watchbill/kit/command/context';
import { EXIT, EXIT_MEANINGS, type ExitMeanings, exitRows } from '@watchbill/kit/command/exit';
import { systemIo } from '@watchbill/kit/command/io';
import type { Command, Option } from '@watchbill/kit/command/root';
import { buildProgram } from 'watchbill';

/** The reference of every command as Markdown. Pure: the same release always gives the same text. */
export function renderCliReference(): string {
  // No command runs, so the process is neither read nor written to.
  const program = buildProgram({ io: systemIo(), exit: () => EXIT.ok });
  return [
    '# Command line',
    'Every command takes `--help`; most take `--json`. Errors go to standard error: the problem, its place and the remedy.',
    '`-o json` is `--json`; `-o yaml` prints the same document as YAML, for example `watchbill status -o yaml`; `-o wide` prints the text for people with each key and hash in full. With `--json`, `-o json` and `-o yaml` an error is one line `{"error": {"code", "exitCode", "problems": [{"what", "where", "remedy"}]}}`.',
    '## Exit status',
    exitTable(EXIT_MEANINGS),
    'If a status has a special meaning for a command, its section and its `--help` say so.',
    ...commandSections(program, []),
    '## Connection options',
    'Every command that talks to a service takes these. Without them the configuration file names the service and the identity to use.',
    optionTable(program.commands.find((one) => one.name() === 'status')?.options.filter(isConnection) ?? []),
    '## A policy document',
    `\`\`\`yaml\n${SAMPLE_POLICY}\`\`\``,
    '',
  ].join('\n\n');
}

/** The reference of `watchbill.yaml` as Markdown. */
export function renderConfigReference(): string {
  const top = SECTIONS.filter(({ path }) => !path.includes('.'));
  return [
    '# Configuration',
    'One YAML file: `--config FILE`, else `$WATCHBILL_CONFIG`, else `./watchbill.yaml`. A flag wins over an environment variable, that wins over the file, and the file wins over the default. `watchbill config print` shows the values in force and where each comes from.',
    'Secrets are never values of the configuration: the file names the files that hold them, which should have mode 0600. Relative file names in the file, and the defaults, are read from the folder of the file; those of flags and of the environment from the current folder.',
    'Settings of safety (roster, duties, ceilings) are not part of this file: `watchbill policy apply` writes them to the ledger.',
    ...top.flatMap((section) => [
      `## ${section.path}`,
      section.description,
      ...FIELDS.filter(({ path }) => path.startsWith(`${section.path}.`)).map(fieldText),
    ]),
    '',
  ].join('\n\n');
}

function exitTable(meanings: ExitMeanings): string {
  const rows = exitRows(meanings).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return ['| exit status | meaning |', '|---|---|', ...rows].join('\n');
}

function commandSections(command: Command, parents: readonly string[]): string[] {
  const path = [...parents, command.name()];
  const own = parents.length === 0 ? [] : [oneCommand(command, path)];
  return [...own, ...childrenOf(command).flatMap((child) => commandSections(child, path))];
}

function oneCommand(command: Command, path: readonly string[]): string {
  const options = command.options.filter((option) => !option.hidden);
  const settings = options.some(isSetting);
  const connection = options.some(isConnection);
  const shown = options.filter((option) => !isSetting(option) && !isConnection(option));
  const lines = [
    `## ${path.join(' ')}`,
    `${sentence(command.description())}`,
    `\`${path.join(' ')}${usage(command)}\``,
    ...(shown.length === 0 ? [] : [optionTable(shown)]),
    ...(settings
      ? ['Also one flag for each value of the configuration: see the configuration reference.']
      : []),
    ...(connection ? ['Also the [connection options](#connection-options).'] : []),
    ...statusBlock(command),
    ...exampleBlock(command),
  ];
  return lines.join('\n\n');
}

/** A flag for one value of the configuration. The configuration reference describes it. */
function isSetting(option: Option): boolean {
  return option.helpGroupHeading === CONFIG_GROUP && option.long !== '--store';
}

function isConnection(option: Option): boolean {
  return option.helpGroupHeading === CONNECTION_GROUP;
}

function usage(command: Command): string {
  if (childrenOf(command).length > 0) return ' <command>';
  const names = command.registeredArguments.map((argument) => ` <${argument.name()}>`).join('');
  return `${names}${command.options.length > 0 ? ' [options]' : ''}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map((option) => {
    const fallback = defaultText(option.defaultValue);
    const choices = option.argChoices === undefined ? '' : ` One of: ${option.argChoices.join(', ')}.`;
    const mandatory = option.mandatory && option.defaultValue === undefined ? ' Required.' : '';
    return `| \`${cell(option.flags)}\` | ${cell(option.description)}.${choices}${mandatory} | ${fallback} |`;
  });
  return ['| option | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

function defaultText(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\.$/, '');
}

function statusBlock(command: Command): string[] {
  const meanings = statuses(command);
  return Object.keys(meanings).length === 0 ? [] : [exitTable(meanings)];
}

function exampleBlock(command: Command): string[] {
  const lines = examples(command);
  return lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``];
}

function fieldText(field: Field): string {
  const kind = { text: 'text', number: 'whole number', list: 'list of texts' }[field.kind];
  const facts = [
    field.choices.length === 0 ? kind : `one of ${field.choices.map((choice) => `\`${choice}\``).join(', ')}`,
    ...(field.range === null ? [] : [field.range]),
    field.default === undefined ? 'not set by default' : `default \`${JSON.stringify(field.default)}\``,
    `\`${field.env}\``,
    `\`${field.flag}\``,
  ];
  return `### ${field.path}\n\n${field.description}\n\n${facts.join(' · ')}`;
}
