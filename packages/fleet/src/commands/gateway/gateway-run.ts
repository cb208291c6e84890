import { counted } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import type { Gateway } from '../../gateway/index.ts';
import { DEFAULT_FILE, readGatewayFile } from './settings-file.ts';

interface RunFlags {
  readonly config: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

const DRAIN_MS = 10_000;

/** `fleet services gateway run`: runs until SIGTERM or SIGINT, and then answers the requests in progress. */
export function addGatewayRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description('run the gateway until SIGTERM or Ctrl-C; it answers requests in progress first')
    .option('--config <file>', 'settings of the gateway', DEFAULT_FILE)
    .option('--check', 'check the settings, print the result, and end')
    .option('--json', 'print the addresses as JSON, and log as JSON')
    .action((options: RunFlags) => run(io, options));
  withExamples(command, [
    'watchbill fleet services gateway run',
    'watchbill fleet services gateway run --config /etc/watchbill/gateway.yaml --check',
  ]);
}

async function run(io: Io, options: RunFlags): Promise<void> {
  const { file, value: settings } = await readGatewayFile(io, options.config);
  if (options.check === true) {
    const { backends, tiers } = settings;
    print(
      io,
      options.json,
      { file, settings },
      () => `${file} is good: ${counted(backends.length, 'node')}, tiers ${Object.keys(tiers).join(', ')}\n`,
    );
    return;
  }
  const { openLog } = await import('@watchbill/kit/command/log');
  const log = openLog(io, { level: 'info', format: options.json === true ? 'json' : 'text' });
  const stop = stopOnSignal(io, log, DRAIN_MS);
  try {
    const gateway = await opened(settings, log);
    const { url, adminUrl } = gateway;
    print(io, options.json, { url, ready: `${adminUrl}/readyz`, metrics: `${adminUrl}/metrics` }, () =>
      banner(gateway),
    );
    await stop.asked;
    await stop.within(gateway.close(DRAIN_MS));
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

/** Turns errors of the gateway into faults of the command. */
async function opened(
  settings: Awaited<ReturnType<typeof readGatewayFile>>['value'],
  log: Logger,
): Promise<Gateway> {
  const { GatewayFault, openGateway } = await import('../../gateway/index.ts');
  try {
    return await openGateway(settings, { log });
  } catch (error) {
    if (!(error instanceof GatewayFault)) throw error;
    throw faultOf('gateway', error);
  }
}

function banner({ url, adminUrl }: Gateway): string {
  return [
    'gateway of RPC',
    `  asks     ${url} (HTTP and WebSocket)`,
    `  ready    ${adminUrl}/readyz`,
    `  metrics  ${adminUrl}/metrics`,
    '  stop     Ctrl-C or SIGTERM; it answers requests in progress first',
    '',
  ].join('\n');
}
