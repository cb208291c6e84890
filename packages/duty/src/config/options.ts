import { flag, group, type Words } from '@watchbill/kit/command/command';
import { file, text } from '@watchbill/kit/command/shapes';
import { FIELDS, type Field } from './fields.ts';
import type { ConfigFlags } from './load.ts';

/** Heading of these options in `--help`. */
export const CONFIG_GROUP = 'Configuration (flag > environment > file > default):';

/** `--config FILE` alone, for commands that only look something up. */
export const configFile = {
  config: flag(file().optional(), 'configuration file (default: $WATCHBILL_CONFIG or ./watchbill.yaml)'),
};

const STORE =
  'short for store.*: sqlite:PATH, etcd://HOST:PORT,HOST:PORT/PREFIX or tikv://HOST:PORT,HOST:PORT/PREFIX';
// One shape for all: each takes time, and most commands load this file for `--config` alone.
const value = text('value').optional();
const fields: Words = Object.fromEntries(FIELDS.map((field) => [nameOf(field), flag(value, aboutOf(field))]));

/** `--config`, `--store URL` and one flag for each value of the configuration. */
export const configuration = {
  ...configFile,
  ...group(CONFIG_GROUP, { store: flag(text('url').optional(), STORE), ...(fields as object) }),
};

function aboutOf(field: Field): string {
  const fallback = field.default === undefined ? '' : ` (default: ${JSON.stringify(field.default)})`;
  const choices = field.choices.length === 0 ? '' : ` [${field.choices.join('|')}]`;
  return `${field.path}${choices}${fallback}`;
}

/** The flags of a command line, for the loader. */
export function configFlags(options: ConfigFlags): ConfigFlags {
  const { config, store } = options;
  const given = options as Readonly<Record<string, string | undefined>>;
  const texts = FIELDS.flatMap((field) => {
    const value = given[nameOf(field)];
    return value === undefined ? [] : [[field.path, value] as const];
  });
  return { config, store, fields: Object.fromEntries(texts) };
}

function nameOf({ flag: long }: Field): string {
  return long.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
