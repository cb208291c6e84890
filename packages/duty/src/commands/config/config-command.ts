import { command } from '@watchbill/kit/command/command';
import { configJsonSchema } from '../../config/schema.ts';
import { check } from './check.ts';
import { printConfig } from './print.ts';

const schema = command({
  about: 'print the JSON Schema of watchbill.yaml, for editors',
  examples: ['watchbill config schema > watchbill.schema.json'],
  run: ({ io }) => io.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`),
});

export const config = command({
  commands: { check, print: printConfig, schema },
  examples: ['watchbill config check', 'watchbill config print --json'],
});
