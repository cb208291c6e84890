import { counted, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Network } from '../../file/index.ts';
import type { Expected, ScrapedCluster } from '../../watch/index.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { noSuch, readWatchSettings, sourcesOf, type WatchSettings } from './settings.ts';

interface RenderFlags {
  readonly file: string;
  readonly settings?: string;
  readonly place?: string;
  readonly out: string;
  readonly json?: boolean;
}

export function addRender(parent: Command, { io }: Context): void {
  const command = parent
    .command('render')
    .description(
      'write rules.yaml, prometheus.yml and, with receivers in the settings, alertmanager.yml; with a hub, an agent for each place',
    )
    .option('--file <file>', 'network file: its nodes are read', NETWORK_FILE)
    .option(
      '--settings <file>',
      'settings file: thresholds, receivers and places; see `watchbill docs watch-fleet`',
    )
    .option(
      '--place <name>',
      'without a hub: the place of this Prometheus, whose nodes it reads (default: the only one)',
    )
    .option('--out <folder>', 'new folder', 'monitoring')
    .option('--json', 'print JSON')
    .action((options: RenderFlags) => render(io, options));
  withExamples(command, [
    'watchbill fleet services watch render',
    'watchbill fleet services watch render --place iron --out iron',
    'watchbill fleet services watch render --settings watch.yaml --out monitoring',
  ]);
}

type Watch = typeof import('../../watch/index.ts');

async function render(io: Io, options: RenderFlags): Promise<void> {
  const watch = await import('../../watch/index.ts');
  const { network } = await readGraph(io, options.file);
  const settings = readWatchSettings(io, watch, options.settings, network);
  const places =
    settings.hub === undefined ? [onePlace(network, options.place)] : hubPlaces(network, options.place);
  const folder = newFolder(io, options.out);
  const texts =
    settings.hub === undefined
      ? oneTexts(watch, network, settings, places)
      : hubTexts(watch, network, settings, places);
  writeFolder(folder, texts);
  const nodes = watch.expectedNodes(network, places).map(({ node }) => node);
  const files = [...texts.keys()];
  print(io, options.json, { folder, files, places, nodes }, () =>
    [
      `wrote ${files.join(', ')} to ${folder}`,
      `${counted(nodes.length, 'node')} at ${places.join(', ')} ${nodes.length === 1 ? 'is' : 'are'} expected: ${wayOf(network, places, settings)}`,
      ...(settings.alerting === undefined ? ['alerts are not sent yet: name receivers in the settings'] : []),
      '',
    ].join('\n'),
  );
}

/** How Prometheus reads the nodes. */
function wayOf({ places: all }: Network, places: readonly string[], { hub }: WatchSettings): string {
  if (hub !== undefined) return 'the agent of each place reads them';
  const [place = ''] = places;
  return all.get(place)?.target === 'kubernetes'
    ? `a Prometheus in a pod of ${place} reads them; or monitoring.podMonitor, and rules.yaml for the one that is there`
    : `a Prometheus on ${place} itself reads them on loopback`;
}

/**
 * Without a hub one Prometheus reads one place. Nodes on machines serve their metrics on loopback alone, and
 * only Prometheus inside a cluster finds its pods. Targets of other places would never answer, and each would
 * count as down.
 */
function onePlace({ places, pools }: Network, wanted: string | undefined): string {
  const all = [...places.keys()];
  if (wanted !== undefined) {
    if (all.includes(wanted)) return wanted;
    throw noSuch(`place ${wanted}`, wanted, all, 'flag --place');
  }
  const used = all.filter((name) => pools.some(({ nodes }) => nodes.some(({ place }) => place === name)));
  const [only, ...more] = used;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined)
    throw usageFault('the network has no nodes', 'give its pools a count', 'flag --file');
  throw usageFault(
    `the network has nodes at ${used.join(', ')}, and one Prometheus reads one place, because metrics never leave a machine or cluster`,
    'give `--place NAME --out FOLDER` for each, or write `hub: {url: …}` in the settings: then each place has an agent',
    'flag --place',
  );
}

function hubPlaces({ places }: Network, wanted: string | undefined): readonly string[] {
  if (wanted === undefined) return [...places.keys()];
  throw usageFault('with a hub all places are written', 'leave --place out', 'flag --place');
}

function clusterOf({ places }: Network, name: string): ScrapedCluster | null {
  const place = places.get(name);
  return place?.target === 'kubernetes' ? place : null;
}

/** One Prometheus that does everything, at one place. */
function oneTexts(
  watch: Watch,
  network: Network,
  settings: WatchSettings,
  places: readonly string[],
): ReadonlyMap<string, string> {
  const { intervalSeconds, alertmanagers } = settings;
  const [place = ''] = places;
  const scrape = {
    network: network.name,
    targets: watch.machineTargets(network, place),
    cluster: clusterOf(network, place),
    sources: new Map([[place, watch.sourcesAt(sourcesOf(settings), place)]]),
    intervalSeconds,
    alertmanagers,
  };
  const expected = {
    places: [],
    nodes: watch.expectedNodes(network, places),
    claims: watch.expectedClaims(network, places, false),
    backups: backupsAt(network, settings, places),
    jobs: watch.expectedJobs(network, places, false),
  };
  return new Map([['prometheus.yml', watch.prometheusYaml(scrape)], ...judges(watch, settings, expected)]);
}

/** A hub with the rules, and agents that write to it. */
function hubTexts(
  watch: Watch,
  network: Network,
  settings: WatchSettings,
  places: readonly string[],
): ReadonlyMap<string, string> {
  const { intervalSeconds, hub } = settings;
  if (hub === undefined) return new Map();
  const expected = {
    places: places.filter((place) => isRead(watch, network, settings, place)),
    nodes: watch.expectedNodes(network, places),
    claims: watch.expectedClaims(network, places, true),
    backups: backupsAt(network, settings, places),
    jobs: watch.expectedJobs(network, places, true),
  };
  const texts = new Map([['hub/prometheus.yml', watch.hubYaml(settings)]]);
  for (const [name, text] of judges(watch, settings, expected)) texts.set(`hub/${name}`, text);
  for (const place of places) {
    const agent = watch.agentYaml({
      network: network.name,
      place,
      targets: watch.machineTargets(network, place),
      cluster: clusterOf(network, place),
      sources: watch.sourcesAt(sourcesOf(settings), place),
      intervalSeconds,
      hub,
    });
    texts.set(`places/${place}/prometheus.yml`, agent);
  }
  return texts;
}

/** Whether the agent of a place has anything to read. */
function isRead(watch: Watch, network: Network, settings: WatchSettings, place: string): boolean {
  const { exporters, gateways, machines } = watch.sourcesAt(sourcesOf(settings), place);
  return (
    clusterOf(network, place) !== null ||
    [exporters, gateways, machines, watch.machineTargets(network, place)].some((all) => all.length > 0)
  );
}

/** Backups of nodes of these places; another Prometheus watches the others. */
function backupsAt(
  { name, pools }: Network,
  { expectBackups }: WatchSettings,
  places: readonly string[],
): Expected['backups'] {
  const nodes = pools.flatMap((pool) => pool.nodes).filter(({ place }) => places.includes(place));
  const here = nodes.map((node) => node.name);
  return expectBackups.filter((node) => here.includes(node)).map((node) => ({ network: name, node }));
}

/** Rules and routes. */
function judges(
  watch: Watch,
  { thresholds, alerting }: WatchSettings,
  expected: Expected,
): ReadonlyMap<string, string> {
  const texts = new Map([['rules.yaml', watch.fleetMonitoring(thresholds, expected).rules()]]);
  if (alerting !== undefined) texts.set('alertmanager.yml', watch.alertmanagerYaml(alerting));
  return texts;
}
