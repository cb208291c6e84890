import type { Command } from 'commander';
import { z } from 'zod';
import { readDocument } from '../../config/document.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { EXIT } from '../../process/exit.ts';
import { fault, usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { hex } from './group-document.ts';
import { loadRuntime } from './runtime.ts';

interface PracticeFlags {
  readonly port?: string;
  readonly json?: boolean;
}

const practiceSchema = z.strictObject({
  name: z.string().min(1).describe('Any name.'),
  startedAtMs: z.int().min(0).describe('Unix milliseconds of block 0.'),
  blockMs: z.int().min(50).max(600_000).describe('Time of a block in milliseconds.'),
  port: z.int().min(0).max(65_535).describe('TCP port on 127.0.0.1.'),
});

/** `coordinate practice-chain`: blocks without anything in them, for groups at a desk. */
export function addPracticeChain(parent: Command, { io }: Context): void {
  const command = parent
    .command('practice-chain')
    .argument('[file]', 'its file, as `init --example` made it; without one a new chain begins now')
    .description('serve a chain to practise with: blocks and nothing else, on this machine, until Ctrl-C')
    .option('--port <n>', 'TCP port, instead of that in the file')
    .option('--json', 'print one line of JSON')
    .action((file: string | undefined, options: PracticeFlags) => serve(io, file, options));
  withExamples(command, [
    'watchbill coordinate practice-chain desk/practice-chain.yaml',
    'watchbill coordinate practice-chain --port 9944',
  ]);
}

async function serve(io: Io, path: string | undefined, options: PracticeFlags): Promise<void> {
  const { servePracticeChain } = await loadRuntime();
  const spec =
    path === undefined
      ? { name: 'practice', startedAtMs: io.clock.nowMs(), blockMs: 1_000, port: 0 }
      : readDocument(io, path, practiceSchema, {
          missing: 'make one with `watchbill coordinate init --example DIR`',
          page: 'how-to/coordinate',
        }).value;
  const port = options.port === undefined ? spec.port : portOf(options.port);
  const stopping = Promise.withResolvers<void>();
  const forget = io.onStopSignal(() => stopping.resolve());
  try {
    const running = await servePracticeChain(spec, port).catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error);
      const remedy = 'name a free port with --port, or begin a new chain';
      throw fault('practice-chain', EXIT.fault, { what, remedy }, error);
    });
    const json = { url: running.url, genesis: hex(running.genesis), blockMs: spec.blockMs };
    io.out(options.json === true ? `${JSON.stringify(json)}\n` : banner(json));
    await stopping.promise;
    await running.close();
  } finally {
    forget();
  }
}

function portOf(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_535) return port;
  throw usageFault('that is no port', 'give 0 to 65535', 'flag --port');
}

function banner({ url, genesis, blockMs }: { url: string; genesis: string; blockMs: number }): string {
  return [
    `practice chain at ${url}: a block every ${blockMs} ms, the one before the newest is final`,
    `  genesis  ${genesis}`,
    '  It has blocks and nothing else: no accounts, no validators, no security. Never use it for anything real.',
    '  stop     Ctrl-C or SIGTERM',
    '',
  ].join('\n');
}
