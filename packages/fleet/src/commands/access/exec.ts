import { basename } from 'node:path';
import { fault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Command } from 'commander';
import { type AccessFlags, addAccessFlags, useNode } from './open.ts';
import { sinksOf } from './sinks.ts';

interface ExecFlags extends AccessFlags {
  readonly signingNode?: boolean;
  readonly shell?: boolean;
}

export function addExec(parent: Command, { io }: Context): void {
  const command = parent
    .command('exec <node> <program> [arguments...]')
    .description('run a program beside a node, as the user of the node and without a shell')
    .option('--signing-node', 'required if the node signs')
    .option('--shell', 'allow the program to be a shell');
  addAccessFlags(command).action(
    async (node: string, program: string, rest: readonly string[], flags: ExecFlags) => {
      const { checkExec } = await import('../../run/access/index.ts');
      const words = [program, ...rest];
      const consent = { signingNode: flags.signingNode === true, shell: flags.shell === true };
      const sinks = sinksOf(io);
      await useNode(io, node, flags, {
        verb: 'exec',
        what: basename(program),
        check: (found) => checkExec(found, words, consent),
        work: async (access, signal) => {
          const code = await access.exec(words, sinks, signal);
          if (code === 0) return;
          throw fault('access-program', 'fault', {
            what: `${basename(program)} ended with ${code}`,
            where: access.where,
            remedy: 'see its output above',
          });
        },
      });
    },
  );
  withExamples(command, ['watchbill fleet nodes exec rpc-main-0 -- df -h']);
}
