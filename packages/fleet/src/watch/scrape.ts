import { stringify } from 'yaml';
import { portsOf } from '../file/emit/index.ts';
import { type ClusterPlace, chainsOf, type Network } from '../file/normalise/index.ts';
import { kubeletsJob, podsJob } from './scrape-cluster.ts';

/** One node to read, with the labels that the alerts use. */
export interface ScrapeTarget {
  /** `HOST:PORT` of its metrics. */
  readonly address: string;
  readonly node: string;
  readonly pool: string;
  readonly role: string;
  readonly place: string;
  /** The relay chain inside a node of a parachain is read apart from its own. */
  readonly endpoint: 'metrics' | 'relay-metrics';
}

/**
 * Nodes of a network on one machine, as a Prometheus on that machine reads them. Nodes on machines serve
 * their metrics on loopback only, so no other machine can read them.
 */
export function machineTargets(network: Network, place: string): readonly ScrapeTarget[] {
  if (network.places.get(place)?.target !== 'machine') return [];
  const nodes = network.pools.flatMap((pool) => pool.nodes);
  return nodes.flatMap((node) => {
    if (node.place !== place || !node.settings.monitoring.metrics) return [];
    const { metrics, relayMetrics } = portsOf(node, 'machine');
    const labels = { node: node.name, pool: node.pool, role: node.role, place };
    const own = { address: `127.0.0.1:${metrics}`, ...labels, endpoint: 'metrics' } as const;
    if (chainsOf(network, node).beside === null) return [own];
    return [own, { address: `127.0.0.1:${relayMetrics}`, ...labels, endpoint: 'relay-metrics' }];
  });
}

/** Other targets at a place: `HOST:PORT` of each. */
export interface Sources {
  readonly exporters: readonly string[];
  readonly gateways: readonly string[];
  /** Of node_exporter. */
  readonly machines: readonly string[];
}

const NO_SOURCES: Sources = { exporters: [], gateways: [], machines: [] };

/** A cluster whose pods are read from inside. */
export type ScrapedCluster = Pick<ClusterPlace, 'name' | 'namespace'>;

export interface ScrapeSettings {
  readonly network: string;
  readonly targets: readonly ScrapeTarget[];
  /** Its cluster, where it finds its pods by their labels. */
  readonly cluster: ScrapedCluster | null;
  readonly sources: ReadonlyMap<string, Sources>;
  readonly intervalSeconds: number;
  /** `HOST:PORT` of Alertmanagers. */
  readonly alertmanagers: readonly string[];
}

const HEAD = '# The targets to read. Made by `watchbill fleet services watch render`.\n';

/**
 * The configuration of one Prometheus that does everything at one place: reads, has the rules, sends alerts.
 */
export function prometheusYaml(settings: ScrapeSettings): string {
  const { intervalSeconds, alertmanagers } = settings;
  const jobs = [
    ...nodeJobs(settings.network, settings.targets, settings.cluster),
    ...sourceJobs(settings.network, settings.sources),
  ];
  return text(intervalSeconds, { ...judging(alertmanagers), scrape_configs: jobs });
}

/** A Prometheus that others write to. Secrets are in files that the agents read. */
export interface Hub {
  /** Ends in `/api/v1/write`. */
  readonly url: string;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface AgentSettings {
  readonly network: string;
  readonly place: string;
  /** Nodes of this place; left out in a cluster. */
  readonly targets: readonly ScrapeTarget[];
  /** The cluster of the agent, where it finds its pods by their labels. */
  readonly cluster: ScrapedCluster | null;
  readonly sources: Sources;
  readonly intervalSeconds: number;
  readonly hub: Hub;
}

/**
 * The configuration of the agent of one place (`prometheus --enable-feature=agent`): it reads and writes to
 * the hub, and evaluates no rules.
 */
export function agentYaml(settings: AgentSettings): string {
  const { network, place, targets, cluster, sources, intervalSeconds, hub } = settings;
  return text(
    intervalSeconds,
    {
      remote_write: [remoteWrite(hub)],
      scrape_configs: [
        ...nodeJobs(network, targets, cluster),
        ...sourceJobs(network, new Map([[place, sources]])),
      ],
    },
    { place },
  );
}

/**
 * The configuration of the hub (`prometheus --web.enable-remote-write-receiver`): it reads no targets itself,
 * and has the rules.
 */
export function hubYaml(settings: Pick<ScrapeSettings, 'intervalSeconds' | 'alertmanagers'>): string {
  return text(settings.intervalSeconds, judging(settings.alertmanagers));
}

function text(
  intervalSeconds: number,
  rest: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>> | null = null,
): string {
  const every = { scrape_interval: `${intervalSeconds}s`, evaluation_interval: `${intervalSeconds}s` };
  const global = labels === null ? every : { ...every, external_labels: labels };
  return `${HEAD}${stringify({ global, ...rest }, { lineWidth: 0 })}`;
}

function judging(alertmanagers: readonly string[]): Record<string, unknown> {
  return {
    rule_files: ['rules.yaml'],
    ...(alertmanagers.length === 0
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] } }),
  };
}

function remoteWrite({ url, tokenFile, caFile, certFile, keyFile }: Hub): Record<string, unknown> {
  const tls = {
    ...(caFile === undefined ? {} : { ca_file: caFile }),
    ...(certFile === undefined ? {} : { cert_file: certFile }),
    ...(keyFile === undefined ? {} : { key_file: keyFile }),
  };
  return {
    url,
    ...(tokenFile === undefined ? {} : { authorization: { credentials_file: tokenFile } }),
    ...(Object.keys(tls).length === 0 ? {} : { tls_config: tls }),
  };
}

function nodeJobs(
  network: string,
  targets: readonly ScrapeTarget[],
  cluster: ScrapedCluster | null,
): readonly Record<string, unknown>[] {
  if (cluster !== null) return [podsJob(network, cluster), kubeletsJob(network, cluster)];
  const nodes = targets.map(({ address, node, pool, role, place, endpoint }) => ({
    targets: [address],
    labels: { network, instance: node, pool, role, place, endpoint },
  }));
  return [{ job_name: 'nodes', static_configs: nodes }];
}

/** Exporters, gateways and machines, named by their place: on loopback they would all have the same name. */
function sourceJobs(
  network: string,
  sources: ReadonlyMap<string, Sources>,
): readonly Record<string, unknown>[] {
  const kinds = [
    { job: 'watchbill-exporter', prefix: 'exporter-', of: (one: Sources) => one.exporters, more: ofNodes },
    { job: 'watchbill-gateway', prefix: 'gateway-', of: (one: Sources) => one.gateways, more: {} },
    { job: 'machines', prefix: '', of: (one: Sources) => one.machines, more: {} },
  ];
  return kinds.flatMap(({ job, prefix, of, more }) => {
    const configs = [...sources].flatMap(([place, some]) =>
      of(some).map((address, at) => ({
        targets: [address],
        labels: { network, place, instance: `${prefix}${place}${at === 0 ? '' : `-${at + 1}`}` },
      })),
    );
    return configs.length === 0 ? [] : [{ job_name: job, ...more, static_configs: configs }];
  });
}

/** The exporter's series about a node have the name of the node, as the node's own series do. */
const ofNodes = {
  honor_labels: true,
  metric_relabel_configs: [{ source_labels: ['node'], regex: '(.+)', target_label: 'instance' }],
};

/** The default targets of a place. */
export function sourcesAt(sources: ReadonlyMap<string, Sources>, place: string): Sources {
  return sources.get(place) ?? NO_SOURCES;
}
