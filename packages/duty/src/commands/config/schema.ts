import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { configJsonSchema } from '../../config/schema.ts';

export function addConfigSchema(parent: Command, { io }: Context): void {
  const command = parent
    .command('schema')
    .description('print the JSON Schema of watchbill.yaml, for editors')
    .action(() => io.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`));
  withExamples(command, ['watchbill config schema > watchbill.schema.json']);
}
