import type { Command } from 'commander';
import { printJson } from '../../output/print.ts';
import { type Context, withExamples } from '../../process/context.ts';

/** `fleet file schema`: the JSON Schema of network files, for editors. */
export function addFleetSchema(parent: Command, { io }: Context): void {
  const command = parent
    .command('schema')
    .description('print the JSON Schema of network files, for editors')
    .action(async () => {
      const { networkJsonSchema } = await import('@watchbill/fleet');
      printJson(io, networkJsonSchema());
    });
  withExamples(command, ['watchbill fleet file schema > network.schema.json']);
}
