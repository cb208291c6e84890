// Alone in a module, so that only a command that prints YAML loads the library.

import { stringify } from 'yaml';

/** A value as YAML, each text on one line. */
export const yamlText = (value: unknown) => stringify(value, { lineWidth: 0 });
