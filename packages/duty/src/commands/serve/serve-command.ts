import { existsSync } from 'node:fs';
import { Fault, fault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { text, yes } from '@watchbill/kit/command/shapes';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import { supervisorOf } from '@watchbill/kit/command/supervisor';
import { packageVersion } from '@watchbill/kit/command/version';
import { ownTarget } from '../../client/target.ts';
import { forgetNewLedger, refuseLostData } from '../../config/data-folder.ts';
import { inspectFiles } from '../../config/files.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { configFlags, configuration } from '../../config/options.ts';
import type { Config } from '../../config/schema.ts';
import { addresses, logFormat } from './shown.ts';

const flags = {
  ...configuration,
  newLedger: flag(yes(), 'begin without a ledger in the data folder, although secrets/ exists beside it'),
  json: flag(yes(), 'print the addresses as one line of JSON'),
  detach: flag(yes(), 'return when the service grants, and let it run on; its log goes to serve.log'),
  // The order list of the founding demonstration; its path exists only where this is given.
  demoOrder: flag(text('names').optional(), 'order list of the founding demonstration', { hidden: true }),
};

/** `serve`: the permission service, until SIGTERM or SIGINT. */
export const serve = command({
  flags,
  examples: [
    'watchbill serve',
    'watchbill serve --detach',
    'watchbill serve --config /etc/watchbill/watchbill.yaml',
    'watchbill serve --store etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/watchbill --service-url https://box1:8450',
    'watchbill serve --store tikv://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/watchbill --service-url https://box1:8450',
  ],
  run: ({ io, exit }, options) => runService(io, options, exit),
});

async function runService(
  io: Io,
  options: OptionsOf<typeof flags>,
  exit: (code: ExitCode) => void,
): Promise<void> {
  const loaded = loadConfig(io, configFlags(options));
  const { problems, warnings } = inspectFiles(loaded);
  if (problems.length > 0) throw new Fault('config', 'usage', problems);
  refuseNothingGiven(loaded);
  const { config } = loaded;
  const { dataDir } = config.service;
  const besides = [dataDir, ...(loaded.file === null ? [] : [loaded.file])];
  if (!options.newLedger) refuseLostData(dataDir, besides);
  if (options.detach) {
    const { serveDetached } = await import('./detach.ts');
    const found = await serveDetached(io, ownTarget(io, loaded, PROBE_MS));
    if (typeof found === 'number') return exit(found);
    const { url, pid, log } = found;
    return print(io, options.json, { ...addresses(url), pid, log }, () =>
      [banner(url, config, `kill ${pid}`), `  log      ${log}\n`].join(''),
    );
  }
  // Loaded here and not above, so that the other commands start fast.
  const [{ openLog }, { startService }] = await Promise.all([
    import('@watchbill/kit/command/log'),
    import('./wiring.ts'),
  ]);
  const log = openLog(io, { ...config.log, format: logFormat(io, loaded) });
  for (const { what, remedy } of warnings) log.warn({ event: 'config', remedy }, what);
  const supervisor = supervisorOf(io, (detail) =>
    log.warn({ event: 'unnotified', detail }, 'the service manager did not get a message'),
  );
  const stop = stopOnSignal(io, log, config.limits.drainTimeoutMs);
  try {
    const running = await startService(config, io, log, options.demoOrder?.split(','));
    forgetNewLedger(dataDir);
    io.out(
      options.json
        ? `${JSON.stringify(addresses(running.url))}\n`
        : banner(running.url, config, 'Ctrl-C or SIGTERM'),
    );
    await supervisor.ready();
    await stop.asked;
    await supervisor.stopping();
    await stop.within(running.stop(config.limits.drainTimeoutMs));
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

/** For one question whether a detached service grants. */
const PROBE_MS = 5_000;

/** Fields that name the place of a ledger. */
const PLACES = ['service.dataDir', 'store.kind', 'store.path', 'store.endpoints'];

/** In a wrong folder a service would begin a new, empty ledger beside the one that remembers. */
function refuseNothingGiven({ file, originOf, config }: LoadedConfig): void {
  const given = file !== null || PLACES.some((path) => originOf(path).kind !== 'default');
  if (given || existsSync(config.service.dataDir)) return;
  throw fault('config', 'usage', {
    what: 'there is no watchbill.yaml here, and no flag or variable names the folder of the ledger',
    where: config.service.dataDir,
    remedy:
      'change into the folder of the service, name its file with --config, or make one with `watchbill init`; ' +
      'to begin without a file, give --store or --service-data-dir',
  });
}

function banner(url: string, { service }: Config, stop: string): string {
  const { api, page, docs, metrics, ready } = addresses(url);
  const unix = url.startsWith('unix:');
  const lines = [
    `watchbill ${packageVersion()}, service ${service.name}`,
    ...(unix
      ? [`  socket   ${url.slice('unix:'.length)}`, '  paths    / /v1 /docs /metrics /readyz']
      : [
          `  page     ${page}`,
          `  API      ${api}, described at ${docs}`,
          `  metrics  ${metrics}`,
          `  ready    ${ready}`,
        ]),
    `  stop     ${stop}; it answers requests in progress first`,
  ];
  return `${lines.join('\n')}\n`;
}
