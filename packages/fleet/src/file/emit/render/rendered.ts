import type { Graph } from '../../graph/resource.ts';
import type { Network } from '../../normalise/network.ts';
import { accessFiles } from './access.ts';
import { helmFiles } from './helm.ts';
import { jobFiles } from './jobs.ts';
import { kustomizeFiles } from './kustomize.ts';
import { nftablesFiles } from './nftables.ts';
import type { RenderedFile } from './rendered-file.ts';
import { systemdFiles } from './systemd.ts';
import { terraformFiles } from './terraform.ts';
import { yamlFiles } from './yaml.ts';

export type RenderFormat =
  | 'yaml'
  | 'kustomize'
  | 'helm'
  | 'systemd'
  | 'nftables'
  | 'terraform'
  | 'access'
  | 'jobs'
  | 'graph';

export interface RenderSettings {
  readonly format: RenderFormat;
  /** Null: all places. */
  readonly place: string | null;
  /** Signers with named keys run. Left out: they have no pod. */
  readonly signers?: boolean | undefined;
}

/**
 * The objects to apply, as files. Empty if the format does not cover any part of
 * the network.
 */
export function rendered(
  network: Network,
  graph: Graph,
  { format, place, signers = false }: RenderSettings,
): readonly RenderedFile[] {
  const here =
    place === null ? graph : { ...graph, places: graph.places.filter(({ name }) => name === place) };
  if (format === 'yaml') return yamlFiles(here, signers);
  if (format === 'kustomize') return kustomizeFiles(here, signers);
  if (format === 'helm') return helmFiles(here, signers);
  if (format === 'systemd') return systemdFiles(here);
  if (format === 'nftables') return nftablesFiles(network, here);
  if (format === 'access') return accessFiles(here);
  if (format === 'jobs') return jobFiles(network, here);
  if (format === 'terraform') return terraformFiles(network, here);
  return [{ path: 'graph.json', text: `${JSON.stringify(graph, null, 2)}\n` }];
}
