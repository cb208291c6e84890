import { stringify } from 'yaml';

/** A value as YAML, each text on one line. Apart: only a command that prints YAML loads the library. */
export const yamlText = (value: unknown) => stringify(value, { lineWidth: 0 });
