import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { type AccessFlags, addAccessFlags, useNode } from './open.ts';

interface ForwardFlags extends AccessFlags {
  readonly json?: boolean;
}

export function addForward(parent: Command, { io }: Context): void {
  const command = parent
    .command('forward <node>')
    .description('forward a port of this machine to the RPC port of a node, until Ctrl-C')
    .option('--json', 'print one line of JSON');
  addAccessFlags(command).action(async (node: string, flags: ForwardFlags) => {
    await useNode(io, node, flags, {
      verb: 'forward',
      what: null,
      check: () => undefined,
      work: async (access, signal) => {
        const { address, close } = await access.forward(signal);
        try {
          const url = `ws://${address}`;
          io.out(
            flags.json === true
              ? `${JSON.stringify({ url })}\n`
              : `${url} leads to the RPC of ${node} (${access.where}); Ctrl-C ends it\n`,
          );
          await ended(signal);
        } finally {
          close();
        }
      },
    });
  });
  withExamples(command, ['watchbill fleet nodes forward validators-main-0']);
}

/** A timer keeps the process alive. Without one the process would end before the first connection. */
function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const done = (): void => {
      clearInterval(alive);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
