import type { Network } from '@watchbill/fleet';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../context.ts';
import type { Io } from '../../../io.ts';
import { print } from '../../../output/print.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { readWatchSettings, sourcesOf, type WatchSettings } from './settings.ts';
import { newFolder, writeFolder } from './write-folder.ts';

interface RenderFlags {
  readonly file: string;
  readonly settings?: string;
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
      'thresholds, receivers, places, where alerts go; see the page how-to/watch-fleet',
    )
    .option('--out <folder>', 'new folder', 'monitoring')
    .option('--json', 'print JSON')
    .action((options: RenderFlags) => render(io, options));
  withExamples(command, [
    'watchbill fleet watch render',
    'watchbill fleet watch render --settings watch.yaml --out monitoring',
  ]);
}

type Watch = typeof import('@watchbill/fleet/watch');

async function render(io: Io, options: RenderFlags): Promise<void> {
  const watch = await import('@watchbill/fleet/watch');
  const { network } = await readGraph(io, options.file);
  const settings = readWatchSettings(io, watch, options.settings, network);
  const folder = newFolder(io, options.out);
  const texts =
    settings.hub === undefined ? oneTexts(watch, network, settings) : hubTexts(watch, network, settings);
  writeFolder(folder, texts);
  const targets = watch.machineTargets(network).length;
  const files = [...texts.keys()];
  print(io, options.json, { folder, files, targets }, () =>
    [
      `wrote ${files.join(', ')} to ${folder}`,
      `${targets} nodes on machines are read; on clusters set monitoring.podMonitor, or run the agent of a hub there`,
      ...(settings.alerting === undefined ? ['nobody is told yet: name receivers in the settings'] : []),
      '',
    ].join('\n'),
  );
}

/** One Prometheus that does everything. */
function oneTexts(watch: Watch, network: Network, settings: WatchSettings): ReadonlyMap<string, string> {
  const { intervalSeconds, alertmanagers } = settings;
  const targets = watch.machineTargets(network);
  const scrape = {
    network: network.name,
    targets,
    sources: sourcesOf(settings),
    intervalSeconds,
    alertmanagers,
  };
  return new Map([['prometheus.yml', watch.prometheusYaml(scrape)], ...judges(watch, network, settings, [])]);
}

/** A hub with the rules, and agents that write to it. */
function hubTexts(watch: Watch, network: Network, settings: WatchSettings): ReadonlyMap<string, string> {
  const { intervalSeconds, hub } = settings;
  if (hub === undefined) return new Map();
  const places = [...network.places.values()];
  const own = judges(
    watch,
    network,
    settings,
    places.map(({ name }) => name),
  );
  const texts = new Map([['hub/prometheus.yml', watch.hubYaml(settings)]]);
  for (const [name, text] of own) texts.set(`hub/${name}`, text);
  const machines = watch.machineTargets(network, true);
  for (const place of places) {
    const agent = watch.agentYaml({
      network: network.name,
      place: place.name,
      targets: machines.filter((target) => target.place === place.name),
      cluster: place.target === 'kubernetes' ? place : null,
      sources: watch.sourcesAt(sourcesOf(settings), place.name),
      intervalSeconds,
      hub,
    });
    texts.set(`places/${place.name}/prometheus.yml`, agent);
  }
  return texts;
}

/** Rules and routes. */
function judges(
  watch: Watch,
  { name }: Network,
  { thresholds, alerting, expectBackups }: WatchSettings,
  places: readonly string[],
): ReadonlyMap<string, string> {
  const backups = expectBackups.map((node) => ({ network: name, node }));
  const texts = new Map([['rules.yaml', watch.rulesYaml(thresholds, { places, backups })]]);
  if (alerting !== undefined) texts.set('alertmanager.yml', watch.alertmanagerYaml(alerting));
  return texts;
}
