import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { writeNew } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import { DEFAULT_FILE } from './settings-file.ts';

interface InitFlags {
  readonly backend: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

const WS_URL = /^wss?:\/\/[^\s'"]+$/;

/** `fleet services gateway init`: settings to begin with. */
export function addGatewayInit(parent: Command, { io }: Context): void {
  const command = parent
    .command('init')
    .description('write first settings for a gateway before your nodes')
    .requiredOption('--backend <urls...>', 'RPC of the nodes, such as ws://127.0.0.1:9944')
    .option('--out <file>', 'new file', DEFAULT_FILE)
    .option('--json', 'print JSON')
    .action((options: InitFlags) => init(io, options));
  withExamples(command, [
    'watchbill fleet services gateway init --backend ws://127.0.0.1:9944 ws://127.0.0.1:9945',
  ]);
}

async function init(io: Io, { backend, out, json }: InitFlags): Promise<void> {
  const wrong = backend.find((url) => !WS_URL.test(url));
  if (wrong !== undefined)
    throw usageFault(
      'a value is not a node address',
      'write it as ws://HOST:PORT or wss://HOST',
      'flag --backend',
    );
  const file = resolve(io.cwd, out);
  if (existsSync(file))
    throw usageFault(`${file} exists already and is never overwritten`, 'name a new file', 'flag --out');
  const { settingsText } = await import('../../gateway/index.ts');
  const text = settingsText({
    reach: 'machine',
    ports: { listen: 9950, admin: 9951 },
    backends: backend.map((url, at) => ({ name: `node-${at + 1}`, url })),
  });
  writeNew([{ path: file, text, mode: 0o644 }]);
  print(
    io,
    json,
    { file },
    () =>
      `wrote ${file}\nnext: watchbill fleet services gateway key --name NAME --tier partner --out NAME.key, then watchbill fleet services gateway run\n`,
  );
}
