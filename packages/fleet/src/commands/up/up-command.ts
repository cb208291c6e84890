import { resolve } from 'node:path';
import { usageFault, visibleLines } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import type { Command } from 'commander';
import { stateFolder } from '../command-ports.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { openRpcGateway, portOf } from './gateway.ts';
import { eventLine } from './text.ts';

interface UpFlags {
  readonly file: string;
  readonly local?: boolean;
  readonly folder: string;
  readonly secrets?: string;
  readonly bootNodes: boolean;
  readonly gateway?: string;
  readonly every: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** `fleet local up --local`: every node of a network file as a process of this machine, until Ctrl-C. */
export function addFleetUp(parent: Command, { io }: Context): void {
  const command = parent
    .command('up')
    .description('run a whole network on this machine, from the same file: for trials and tests')
    .requiredOption('--local', 'run as processes of this machine; elsewhere use plan and apply')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option(
      '--folder <folder>',
      'folder of chains, keys and logs; with an existing folder the network continues',
      'local',
    )
    .option('--secrets <folder>', 'seeds of session keys: SECRET/ENTRY, as a cluster mounts them')
    .option('--no-boot-nodes', 'leave boot nodes and telemetry out of the chain specification')
    .option('--gateway <port>', 'serve the safe RPC methods of the RPC nodes on this loopback port')
    .option('--every <seconds>', 'how often the table is shown', '10')
    .option(
      '--state <folder>',
      'folder with the memory of the fleet; left out: .watchbill-fleet beside the network file',
    )
    .option('--json', 'print one line of JSON for each event')
    .action((options: UpFlags) => up(io, options));
  withExamples(command, [
    'watchbill fleet local up --local',
    'watchbill fleet local up --local --file network.yaml --secrets secrets --gateway 9950',
  ]);
}

async function up(io: Io, options: UpFlags): Promise<void> {
  const everyMs = Number(options.every) * 1_000;
  if (!(everyMs >= 1_000 && everyMs <= 3_600_000))
    throw usageFault(
      `${options.every} is not a time between 1 and 3600 seconds`,
      'for example --every 10',
      'flag --every',
    );
  const { network, files } = await readGraph(io, options.file);
  const gatewayPort = options.gateway === undefined ? null : portOf(options.gateway, network);
  const { LocalFault } = await import('../../lab/local/index.ts');
  const { runLocalNetwork } = await import('../../lab/operate/index.ts');
  const { createFileMemory } = await import('../../run/operations/index.ts');
  const folder = resolve(io.cwd, options.folder);
  const stop = stopped(io);
  try {
    await runLocalNetwork(
      {
        clock: io.clock,
        memory: createFileMemory(stateFolder(io, options)),
        openGateway: gatewayPort === null ? null : (local) => openRpcGateway(local, gatewayPort),
      },
      {
        network,
        files,
        folder,
        secrets: options.secrets === undefined ? null : resolve(io.cwd, options.secrets),
        withoutBootNodes: !options.bootNodes,
        env: io.env,
        everyMs,
        onEvent: (event) =>
          io.out(
            options.json === true ? `${JSON.stringify(event)}\n` : `${visibleLines(eventLine(event))}\n`,
          ),
        signal: stop.signal,
      },
    );
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw faultOf('local', error, folder);
  } finally {
    stop.forget();
  }
}

function stopped(io: Io): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  return { signal: controller.signal, forget };
}
