import { fault, messageOf } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import { z } from 'zod';
import { hex } from './group-document.ts';
import { loadRuntime } from './runtime.ts';

interface DevChainFlags {
  readonly port?: number;
  readonly json?: boolean;
}

const devChainSchema = z.strictObject({
  name: z.string().min(1).describe('Any name.'),
  startedAtMs: z.int().min(0).describe('Unix milliseconds of block 0.'),
  blockMs: z.int().min(50).max(600_000).describe('Time of a block in milliseconds.'),
  port: z.int().min(0).max(65_535).describe('TCP port on 127.0.0.1.'),
});

/** `coordinate dev-chain`: empty blocks, to try a group on one machine. */
export function addDevChain(parent: Command, { io }: Context): void {
  const command = parent
    .command('dev-chain')
    .argument('[file]', 'file that `init --example` wrote; without it a new chain begins now')
    .description('serve a development chain of empty blocks on this machine until Ctrl-C')
    .option('--port <n>', 'TCP port, instead of the one in the file', whole('--port', 'ports', 0, 65_535))
    .option('--json', 'print one line of JSON')
    .action((file: string | undefined, options: DevChainFlags) => serve(io, file, options));
  withExamples(command, [
    'watchbill coordinate dev-chain demo-group/dev-chain.yaml',
    'watchbill coordinate dev-chain --port 9944',
  ]);
}

async function serve(io: Io, path: string | undefined, options: DevChainFlags): Promise<void> {
  const { serveDevChain } = await loadRuntime();
  const spec =
    path === undefined
      ? { name: 'dev', startedAtMs: io.clock.nowMs(), blockMs: 1_000, port: 0 }
      : readDocument(io, path, devChainSchema, {
          missing: 'make one with `watchbill coordinate init --example DIR`',
          page: 'coordinate',
        }).value;
  const port = options.port === undefined ? spec.port : options.port;
  const stopping = Promise.withResolvers<void>();
  const forget = io.onStopSignal(() => stopping.resolve());
  try {
    const running = await serveDevChain(spec, port).catch((error: unknown) => {
      const what = messageOf(error);
      const remedy = 'name a free port with --port, or begin a new chain';
      throw fault('dev-chain', 'fault', { what, remedy }, error);
    });
    const json = { url: running.url, genesis: hex(running.genesis), blockMs: spec.blockMs };
    io.out(options.json === true ? `${JSON.stringify(json)}\n` : banner(json));
    await stopping.promise;
    await running.close();
  } finally {
    forget();
  }
}

function banner({ url, genesis, blockMs }: { url: string; genesis: string; blockMs: number }): string {
  return [
    `dev chain at ${url}: a block every ${blockMs} ms, the one before the newest is final`,
    `  genesis  ${genesis}`,
    '  It has empty blocks only: no accounts, no validators, no security. Never use it for anything real.',
    '  stop     Ctrl-C or SIGTERM',
    '',
  ].join('\n');
}
