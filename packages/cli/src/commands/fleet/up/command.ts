import { resolve } from 'node:path';
import { counted, visible } from '@watchbill/base';
import type { KeeperEvent, LocalNetwork } from '@watchbill/lab/local';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../process/context.ts';
import { usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { localFault } from '../local-fault.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { openRpcGateway, portOf } from './gateway.ts';
import { eventLine, statusText } from './text.ts';

interface UpFlags {
  readonly file: string;
  readonly local?: boolean;
  readonly folder: string;
  readonly secrets?: string;
  readonly gateway?: string;
  readonly every: string;
  readonly json?: boolean;
}

const STOP_MS = 20_000;

/** `fleet up --local`: every node of a network file as a process of this machine, until Ctrl-C. */
export function addFleetUp(parent: Command, { io }: Context): void {
  const command = parent
    .command('up')
    .description('run a whole network on this machine, from the same file: for trying and testing')
    .requiredOption('--local', 'as processes of this machine; elsewhere use plan and apply')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option(
      '--folder <folder>',
      'where chains, keys and logs live; the same folder goes on where it was',
      'local',
    )
    .option('--secrets <folder>', 'seeds of session keys: SECRET/ENTRY, as a cluster mounts them')
    .option('--gateway <port>', 'let others ask the RPC nodes on this port of loopback, safe methods alone')
    .option('--every <seconds>', 'how often the table is shown', '10')
    .option('--json', 'print one line of JSON for each thing that happens')
    .action((options: UpFlags) => up(io, options));
  withExamples(command, [
    'watchbill fleet up --local',
    'watchbill fleet up --local --file network.yaml --secrets secrets --gateway 9950',
  ]);
}

async function up(io: Io, options: UpFlags): Promise<void> {
  const everyMs = Number(options.every) * 1_000;
  if (!(everyMs >= 1_000 && everyMs <= 3_600_000))
    throw usageFault(
      `${options.every} is no time between 1 and 3600 seconds`,
      'for example --every 10',
      'flag --every',
    );
  const { network, files } = await readGraph(io, options.file);
  const gatewayPort = options.gateway === undefined ? null : portOf(options.gateway, network);
  const { LocalFault, upLocal } = await import('@watchbill/lab/local');
  const say = (line: object, text: string) =>
    io.out(options.json === true ? `${JSON.stringify(line)}\n` : `${visible(text)}\n`);
  const folder = resolve(io.cwd, options.folder);
  const secrets = options.secrets === undefined ? null : resolve(io.cwd, options.secrets);
  let local: LocalNetwork;
  try {
    const tell = (event: KeeperEvent) => say(event, eventLine(event));
    local = await upLocal({ network, files, folder, secrets, env: io.env, tell });
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw localFault(error, folder);
  }
  const stop = stopped(io);
  try {
    const gateway = gatewayPort === null ? null : await openRpcGateway(local, gatewayPort);
    if (gateway !== null)
      say({ kind: 'gateway', url: gateway.url }, `gateway      ${gateway.url} (HTTP and WebSocket)`);
    say(
      { kind: 'up', network: network.name, folder },
      `up           ${network.name}: ${counted(local.nodes.length, 'node')}; stop with Ctrl-C`,
    );
    await showUntil(io, local, everyMs, options.json === true, stop.signal);
    await gateway?.close(2_000);
  } finally {
    say({ kind: 'stopping' }, 'stopping     signers first');
    await local.stop(STOP_MS);
    stop.forget();
    say({ kind: 'stopped' }, 'stopped      chains and keys stay in the folder');
  }
}

async function showUntil(
  io: Io,
  local: LocalNetwork,
  everyMs: number,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await io.clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    const nodes = await local.status();
    io.out(json ? `${JSON.stringify({ kind: 'status', nodes })}\n` : `\n${statusText(nodes)}\n`);
  }
}

function stopped(io: Io): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  return { signal: controller.signal, forget };
}
