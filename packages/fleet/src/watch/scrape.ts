import { stringify } from 'yaml';
import { portsOf } from '../emit/ports.ts';
import type { Network } from '../normalise/network.ts';

/** One node to be read, with the labels that the alerts go by. */
export interface ScrapeTarget {
  /** `HOST:PORT` of its metrics. */
  readonly address: string;
  readonly node: string;
  readonly pool: string;
  readonly role: string;
}

/** Nodes of a network that run on machines, as a Prometheus beside them reads them. On clusters a PodMonitor does. */
export function machineTargets({ pools, places }: Network): readonly ScrapeTarget[] {
  return pools.flatMap(({ nodes }) =>
    nodes.flatMap((node) => {
      const place = places.get(node.place);
      if (place?.target !== 'machine' || !node.settings.monitoring.metrics) return [];
      const { name, pool, role } = node;
      return [{ address: `${place.host}:${portsOf(node, 'machine').metrics}`, node: name, pool, role }];
    }),
  );
}

export interface ScrapeSettings {
  readonly network: string;
  readonly targets: readonly ScrapeTarget[];
  readonly intervalSeconds: number;
  /** `HOST:PORT` of Alertmanagers. */
  readonly alertmanagers: readonly string[];
  /** Where a central Prometheus takes what this one reads; null for none. */
  readonly remoteWriteUrl: string | null;
  /** Names this place in the central one. */
  readonly place: string;
}

const HEAD = '# Which nodes are read. Made by `watchbill fleet watch render`.\n';

/** The configuration of Prometheus. With `remoteWriteUrl` it is for an agent of one place, and the rules run in the central one. */
export function prometheusYaml(settings: ScrapeSettings): string {
  const { network, targets, intervalSeconds, alertmanagers, remoteWriteUrl, place } = settings;
  const config = {
    global: {
      scrape_interval: `${intervalSeconds}s`,
      evaluation_interval: `${intervalSeconds}s`,
      external_labels: { place },
    },
    ...(remoteWriteUrl === null
      ? { rule_files: ['rules.yaml'] }
      : { remote_write: [{ url: remoteWriteUrl }] }),
    ...(alertmanagers.length === 0 || remoteWriteUrl !== null
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] } }),
    scrape_configs: [
      {
        job_name: 'nodes',
        static_configs: targets.map(({ address, node, pool, role }) => ({
          targets: [address],
          labels: { network, instance: node, pool, role },
        })),
      },
    ],
  };
  return `${HEAD}${stringify(config, { lineWidth: 0 })}`;
}
