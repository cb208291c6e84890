import { flag } from '@watchbill/kit/command/command';
import { file } from '@watchbill/kit/command/shapes';
import { type Command, Option } from 'commander';
import { FIELDS, type Field } from './fields.ts';
import type { ConfigFlags } from './load.ts';

/** Heading of these options in `--help`. */
export const CONFIG_GROUP = 'Configuration (flag > environment > file > default):';

/** `--config FILE` alone, for commands that only look something up. */
export const configFile = {
  config: flag(file().optional(), 'configuration file (default: $WATCHBILL_CONFIG or ./watchbill.yaml)'),
};

/** `--config FILE` alone, for commands that only look something up. */
export function addConfigFileOption(command: Command): Command {
  return command.option(
    '--config <file>',
    'configuration file (default: $WATCHBILL_CONFIG or ./watchbill.yaml)',
  );
}

/** `--config`, `--store URL` and one flag for each value of the configuration. */
export function addConfigOptions(command: Command): Command {
  addConfigFileOption(command);
  command.addOption(
    new Option(
      '--store <url>',
      'short for store.*: sqlite:PATH, etcd://HOST:PORT,HOST:PORT/PREFIX, tikv://HOST:PORT,HOST:PORT/PREFIX or memory:',
    ).helpGroup(CONFIG_GROUP),
  );
  for (const field of FIELDS) command.addOption(optionOf(field));
  return command;
}

function optionOf(field: Field): Option {
  const fallback = field.default === undefined ? '' : ` (default: ${JSON.stringify(field.default)})`;
  const choices = field.choices.length === 0 ? '' : ` [${field.choices.join('|')}]`;
  return new Option(`${field.flag} <value>`, `${field.path}${choices}${fallback}`).helpGroup(CONFIG_GROUP);
}

/** The flags that the parser read, for the loader. */
export function configFlags(options: Readonly<Record<string, unknown>>): ConfigFlags {
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const fields = FIELDS.flatMap((field) => {
    const value = text(attributeName(field));
    return value === undefined ? [] : [[field.path, value] as const];
  });
  return { config: text('config'), store: text('store'), fields: Object.fromEntries(fields) };
}

function attributeName(field: Field): string {
  return new Option(`${field.flag} <value>`).attributeName();
}
