import { resolve } from 'node:path';
import { counted, nearest, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { type Document, readDocument } from '@watchbill/kit/command/document';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { stopOnSignal } from '@watchbill/kit/command/stop';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import type { Exporter, ExporterSettings, RunningNode, Target } from '../../watch/exporter/index.ts';
import { readGraph } from '../network-file.ts';

interface ExporterFlags {
  readonly settings: string;
  readonly file?: string;
  readonly local?: string;
  readonly kubeconfig?: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

const DRAIN_MS = 10_000;

/**
 * `services watch exporter`: serves facts about nodes and chains to Prometheus, until SIGTERM or SIGINT.
 */
export function addExporter(parent: Command, { io }: Context): void {
  const command = parent
    .command('exporter')
    .description(
      'read nodes and their chain at finalised blocks, and serve the results to Prometheus on loopback',
    )
    .option(
      '--settings <file>',
      'settings file: nodes and stashes; see `watchbill docs watch-fleet`',
      'exporter.yaml',
    )
    .option('--file <file>', 'network file: source of pools, roles, places and the nodes of this machine')
    .option('--local <folder>', 'folder of a network that `fleet local up --local` runs: read its nodes')
    .option(
      '--kubeconfig <file>',
      'for `clusters` of the settings: a kubeconfig with their contexts (default: the one that kubectl uses)',
    )
    .option('--check', 'check the settings, print the nodes that it would read, and end')
    .option('--json', 'print the address as JSON, and log as JSON')
    .action((options: ExporterFlags) => run(io, options));
  withExamples(command, [
    'watchbill fleet services watch exporter',
    'watchbill fleet services watch exporter --settings exporter.yaml --file network.yaml --check',
    'watchbill fleet services watch exporter --file network.yaml --local local',
    'watchbill fleet services watch exporter --file network.yaml --kubeconfig clusters.yaml',
  ]);
}

async function run(io: Io, options: ExporterFlags): Promise<void> {
  const { value: settings, targets } = await read(io, options);
  if (options.check === true) return sayTargets(io, options.json, settings, targets);
  const { openLog } = await import('@watchbill/kit/command/log');
  const log = openLog(io, { level: 'info', format: options.json === true ? 'json' : 'text' });
  const stop = stopOnSignal(io, log, DRAIN_MS);
  try {
    const exporter = await opened(io, settings, targets, options.kubeconfig, log);
    print(io, options.json, { metrics: exporter.metricsUrl, nodes: targets.length }, () =>
      [
        `exporter of ${counted(targets.length, 'node')}`,
        `  metrics  ${exporter.metricsUrl}`,
        '  stop     Ctrl-C or SIGTERM',
        '',
      ].join('\n'),
    );
    await stop.asked;
    await stop.within(exporter.close());
    log.info({ event: 'stopped' }, 'stopped');
  } finally {
    stop.forget();
  }
}

function sayTargets(
  io: Io,
  json: boolean | undefined,
  { network, place }: ExporterSettings,
  targets: readonly Target[],
): void {
  const nodes = targets.map(({ name, url, pod, stashText }) => ({
    name,
    url,
    cluster: pod?.place.name ?? null,
    stash: stashText || null,
  }));
  print(io, json, { network, place, nodes }, () => {
    const line = ({ name, url, cluster, stash }: (typeof nodes)[number]) => {
      const way = url ?? (cluster === null ? 'not asked' : `through the API server of ${cluster}`);
      return `${name}  ${way}  ${stash ?? 'no stash'}\n`;
    };
    return nodes.map(line).join('');
  });
}

async function read(
  io: Io,
  { settings, file, local }: ExporterFlags,
): Promise<Document<ExporterSettings> & { readonly targets: readonly Target[] }> {
  const { exporterShape, targetsOf } = await import('../../watch/exporter/index.ts');
  const document = readDocument(io, settings, exporterShape, {
    missing: 'write one, or name it with --settings',
    page: 'watch-fleet',
  });
  const graph = file === undefined ? null : await readGraph(io, file);
  if (graph !== null && graph.network.name !== document.value.network)
    throw usageFault(
      `${file} is of network ${graph.network.name}, and the settings of ${document.value.network}`,
      'name the same network in both',
      document.whereIs(['network']),
    );
  const running = local === undefined ? [] : await runningIn(resolve(io.cwd, local));
  const reading = targetsOf(document.value, graph?.network ?? null, running);
  if (!reading.ok) {
    const { list, at, name, names } = reading;
    const near = nearest(name, names);
    const others =
      names.length === 0 ? 'name the network file that has it with --file' : `it has: ${names.join(', ')}`;
    throw usageFault(
      `the network has no ${list === 'nodes' ? 'node' : 'cluster'} ${name}`,
      near === null ? others : `did you mean ${near}?`,
      document.whereIs(list === 'nodes' ? ['nodes', at, 'name'] : ['clusters', at]),
    );
  }
  if (reading.targets.length === 0)
    throw usageFault(
      'the settings name no nodes to read',
      'name nodes or clusters in the settings, a network file whose machine has the name of `place`, or a network that runs here',
      document.whereIs([]),
    );
  return { ...document, targets: reading.targets };
}

/** The nodes of a network on this machine, from its supervisor. */
async function runningIn(folder: string): Promise<readonly RunningNode[]> {
  const { connectLocal, LocalFault } = await import('../../lab/local/index.ts');
  try {
    const control = await connectLocal(folder);
    try {
      return await control.nodes();
    } finally {
      control.close();
    }
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    throw faultOf('local', error, 'flag --local');
  }
}

/** The exporter with its ways to clusters; both end together. */
async function opened(
  io: Io,
  settings: ExporterSettings,
  targets: readonly Target[],
  kubeconfig: string | undefined,
  log: Logger,
): Promise<Exporter> {
  const { ExporterFault, openExporter, openWays } = await import('../../watch/exporter/index.ts');
  try {
    const file = kubeconfig === undefined ? null : resolve(io.cwd, kubeconfig);
    const ways = await openWays(targets, file);
    try {
      const exporter = await openExporter(settings, ways.targets, { log, nowMs: () => io.clock.nowMs() });
      return { ...exporter, close: () => exporter.close().finally(ways.close) };
    } catch (error) {
      ways.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof ExporterFault)) throw error;
    throw faultOf('exporter', error);
  }
}
