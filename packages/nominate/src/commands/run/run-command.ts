import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { ownProgram } from '@watchbill/kit/command/own-program';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { packageVersion } from '@watchbill/kit/command/version';
import { type Command, Option } from 'commander';
import type { Logger } from 'pino';
import { stringify } from 'yaml';
import type { ProcessRole, RunningService } from '../../service/index.ts';
import { addConfigOption, type RunDocument, readRunDocument } from './document.ts';
import { startFault } from './run-fault.ts';

interface RunFlags {
  readonly config: string;
  readonly role: ProcessRole;
  readonly printConfig?: boolean;
  readonly json?: boolean;
}

/** `nominate run`: runs a programme until SIGTERM or SIGINT. */
export function addNominateRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description('run a programme until SIGTERM or Ctrl-C: jobs, transactions, API, pages');
  addConfigOption(command)
    .addOption(
      new Option(
        '--role <role>',
        'all: both; planner: decides and serves the pages; worker: carries out the jobs of a planner',
      )
        .choices(['all', 'planner', 'worker'])
        .default('all'),
    )
    .option('--print-config', 'print the configuration with every default written out, and end')
    .option('--json', 'print the addresses as one line of JSON')
    .action((options: RunFlags) => run(io, options));
  withExamples(command, [
    'watchbill nominate run',
    'watchbill nominate run --config /etc/watchbill/nominate.yaml --print-config',
    'watchbill nominate run --role planner',
    'watchbill nominate run --role worker',
  ]);
}

async function run(io: Io, options: RunFlags): Promise<void> {
  const document = await readRunDocument(io, options.config);
  if (options.printConfig === true) {
    io.out(options.json === true ? `${JSON.stringify(document.config)}\n` : stringify(document.config));
    return;
  }
  const { config } = document;
  const { openLog } = await import('@watchbill/kit/command/log');
  const log = openLog(io, config.log);
  const drainMs = config.drainSeconds * 1_000;
  const stop = stopOnSignal(io, log, drainMs);
  try {
    const running = await started(io, document, options.role, log);
    io.out(banner(running, document, options));
    await stop.asked;
    await stop.within(running.close(drainMs));
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

async function started(
  io: Io,
  { config, programme, dir }: RunDocument,
  role: ProcessRole,
  log: Logger,
): Promise<RunningService> {
  const { startProgramme } = await import('../../service/index.ts');
  try {
    return await startProgramme({
      config,
      programme,
      dir,
      role,
      version: packageVersion(),
      clock: io.clock,
      systemNowMs: () => io.clock.nowMs(),
      fetch: (url, init) => fetch(url, init),
      log,
      replayCommand: ownCommand(),
    });
  } catch (error) {
    throw startFault(error);
  }
}

/** The command line that starts this program again; null if it is unknown, for example in tests. */
function ownCommand(): readonly [string, ...string[]] | null {
  return /watchbill[^/]*$/.test(process.argv[1] ?? '') ? ownProgram() : null;
}

function banner(
  { url, boardUrl }: RunningService,
  { config, programme }: RunDocument,
  { json, role }: RunFlags,
): string {
  if (json === true) return `${JSON.stringify({ url, board: boardUrl, role })}\n`;
  const recorded = 'recorded' in config.chains;
  const lines = [
    `watchbill ${packageVersion()}, programme ${JSON.stringify(programme.name)} on ${programme.network}${role === 'all' ? '' : `, ${role}`}`,
    ...(recorded ? [`  chain    the recorded facts of ${config.chains.recorded}, no live chain`] : []),
    ...(config.send ? [] : ['  sends    no nominations: this is a dry run']),
    ...(url === null ? [] : [`  pages    ${url}/`, `  API      ${url}/v1`, `  metrics  ${url}/metrics`]),
    ...(boardUrl === null ? [] : [`  board    ${boardUrl}`]),
    '  stop     Ctrl-C or SIGTERM; it finishes running jobs first',
  ];
  return `${lines.join('\n')}\n`;
}
