import { type Context, withExamples } from '@watchbill/kit/command/context';
import { printJson } from '@watchbill/kit/command/print';
import type { Command } from 'commander';

/** `fleet file schema`: the JSON Schema of network files, for editors. */
export function addFleetSchema(parent: Command, { io }: Context): void {
  const command = parent
    .command('schema')
    .description('print the JSON Schema of network files, for editors')
    .action(async () => {
      const { networkJsonSchema } = await import('../file/index.ts');
      printJson(io, networkJsonSchema());
    });
  withExamples(command, ['watchbill fleet file schema > network.schema.json']);
}
