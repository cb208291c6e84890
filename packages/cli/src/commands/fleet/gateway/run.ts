import { counted } from '@watchbill/base';
import type { Gateway, GatewayFault } from '@watchbill/fleet/gateway';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { type Context, withExamples } from '../../../context.ts';
import { EXIT, type ExitCode } from '../../../exit.ts';
import { fault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { print } from '../../../output/print.ts';
import { stopOnSignal } from '../../serve/stop.ts';
import { DEFAULT_FILE, readGatewayFile } from './settings-file.ts';

interface RunFlags {
  readonly config: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

const DRAIN_MS = 10_000;

/** `fleet gateway run`: until SIGTERM or SIGINT, and then until what is under way is answered. */
export function addGatewayRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description('run the gateway until SIGTERM or Ctrl-C; what is under way is answered first')
    .option('--config <file>', 'settings of the gateway', DEFAULT_FILE)
    .option(
      '--check',
      'read the settings, look whether a front could start, say whether all is good, and end',
    )
    .option('--json', 'print the addresses as JSON, and log as JSON')
    .action((options: RunFlags) => run(io, options));
  withExamples(command, [
    'watchbill fleet gateway run',
    'watchbill fleet gateway run --config /etc/watchbill/gateway.yaml --check',
  ]);
}

async function run(io: Io, options: RunFlags): Promise<void> {
  const { file, value: settings } = await readGatewayFile(io, options.config);
  if (options.check === true) {
    const { checkFront } = await import('@watchbill/fleet/gateway');
    await faulted(async () => checkFront(settings));
    const { backends, tiers } = settings;
    print(
      io,
      options.json,
      { file, settings },
      () => `${file} is good: ${counted(backends.length, 'node')}, tiers ${Object.keys(tiers).join(', ')}\n`,
    );
    return;
  }
  const { openLog } = await import('../../serve/log.ts');
  const log = openLog(io, { level: 'info', format: options.json === true ? 'json' : 'text' });
  const stop = stopOnSignal(io, log, DRAIN_MS);
  try {
    const gateway = await opened(settings, log);
    const { url, adminUrl } = gateway;
    print(io, options.json, { url, ready: `${adminUrl}/readyz`, metrics: `${adminUrl}/metrics` }, () =>
      banner(gateway),
    );
    const failure = await Promise.race([stop.asked.then(() => null), gateway.failed]);
    await stop.within(gateway.close(DRAIN_MS));
    if (failure !== null) throw faultOf(failure, EXIT.fault);
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

async function opened(
  settings: Awaited<ReturnType<typeof readGatewayFile>>['value'],
  log: Logger,
): Promise<Gateway> {
  const { openGateway } = await import('@watchbill/fleet/gateway');
  return faulted(() => openGateway(settings, { log }));
}

/** What a gateway cannot do, as a fault of the command. */
async function faulted<Value>(work: () => Promise<Value>): Promise<Value> {
  const { GatewayFault } = await import('@watchbill/fleet/gateway');
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GatewayFault)) throw error;
    throw faultOf(error, EXIT.usage);
  }
}

function faultOf(error: GatewayFault, exitCode: ExitCode) {
  const { code, message, remedy } = error;
  return fault(`gateway-${code}`, exitCode, { what: message, remedy }, error);
}

function banner({ url, adminUrl }: Gateway): string {
  return [
    'gateway of RPC',
    `  asks     ${url} (HTTP and WebSocket)`,
    `  ready    ${adminUrl}/readyz`,
    `  metrics  ${adminUrl}/metrics`,
    '  stop     Ctrl-C or SIGTERM; what is under way is answered first',
    '',
  ].join('\n');
}
