import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { whole } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import type { Forwarded } from '../../run/access/index.ts';
import { type AccessFlags, addAccessFlags, useNode } from './open.ts';

interface ForwardFlags extends AccessFlags {
  readonly port?: number;
  readonly json?: boolean;
}

export function addForward(parent: Command, { io }: Context): void {
  const command = parent
    .command('forward <node>')
    .description('forward a port of this machine to the RPC port of a node, until Ctrl-C')
    .option(
      '--port <port>',
      'port of this machine (default: a free one)',
      whole('--port', 'ports', 1, 65_535),
    )
    .option('--json', 'print one line of JSON');
  addAccessFlags(command).action(async (node: string, flags: ForwardFlags) => {
    await useNode(io, node, flags, {
      verb: 'forward',
      what: null,
      check: () => undefined,
      work: async (access, signal) => {
        const { address, close } = await forwardAt(await access.forward(signal), flags.port);
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
  withExamples(command, [
    'watchbill fleet nodes forward validators-main-0',
    'watchbill fleet nodes forward validators-main-0 --port 9944',
  ]);
}

/** The same way, at the port that a person named. Throws a usage fault if that port cannot be used. */
async function forwardAt(way: Forwarded, port: number | undefined): Promise<Forwarded> {
  if (port === undefined) return way;
  const { hostProxy, onLoopback } = await import('../../file/net/index.ts');
  const inner = Number(way.address.split(':')[1]);
  try {
    const front = await onLoopback(hostProxy({ port: inner }, way.address), port);
    const close = (): void => {
      front.close();
      way.close();
    };
    return { address: `127.0.0.1:${front.port}`, close };
  } catch (error) {
    way.close();
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw usageFault(
      `cannot listen on 127.0.0.1:${port}: ${code}`,
      'name another port, or leave --port out',
      'flag --port',
    );
  }
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
