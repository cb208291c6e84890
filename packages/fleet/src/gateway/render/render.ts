import type { Json } from '@watchbill/kit';
import { yamlText } from '../../file/emit/index.ts';
import type { Network } from '../../file/normalise/index.ts';
import { clusterObjects, type GatewayRoute } from './objects.ts';
import { settingsText } from './settings-text.ts';
import { type GatewaySite, gatewaySites } from './sites.ts';
import { machineFiles } from './unit.ts';

export interface GatewayChoice {
  /** Null: all of them. */
  readonly place: string | null;
  readonly pool: string | null;
  /** With `watchbill` in it, by digest; null if there is none. */
  readonly image: string | null;
  /** How `watchbill` is started on machines. */
  readonly program: string;
  readonly route: GatewayRoute | null;
  readonly clusterDomain: string;
}

/** One gateway and its files, by path. */
export interface RenderedGateway {
  readonly place: string;
  readonly pool: string;
  readonly target: 'kubernetes' | 'machine';
  /** How many nodes it asks at most. */
  readonly nodes: number;
  /** Path of its settings. */
  readonly settings: string;
  /** The source of settings and keys for its pods; null on a machine, where they are files. */
  readonly secret: { readonly namespace: string; readonly name: string } | null;
  readonly files: ReadonlyMap<string, string>;
}

export interface RenderedGateways {
  readonly gateways: readonly RenderedGateway[];
  readonly leftOut: readonly { readonly pool: string; readonly place: string; readonly why: string }[];
  /** The missing part of the choice; then there are no files. */
  readonly problem: 'image' | 'two-of-a-route' | 'route-to-a-machine' | null;
}

/** Renders the gateways of a network file: settings, and the objects or units that run them. Pure. */
export function renderGateways(network: Network, choice: GatewayChoice): RenderedGateways {
  const found = gatewaySites(network, choice.clusterDomain);
  const isChosen = (pool: string, place: string) =>
    (choice.pool ?? pool) === pool && (choice.place ?? place) === place;
  const sites = found.sites.filter((one) => isChosen(one.pool.name, one.place.name));
  const leftOut = found.leftOut.filter((one) => isChosen(one.pool, one.place));
  const clusters = sites.flatMap(({ place }) => (place.target === 'kubernetes' ? [place.name] : []));
  const problem = problemOf(clusters, sites.length, choice);
  const gateways = problem === null ? sites.map((site) => rendered(site, choice)) : [];
  return { gateways, leftOut, problem };
}

function problemOf(
  clusters: readonly string[],
  count: number,
  { image, route }: GatewayChoice,
): RenderedGateways['problem'] {
  if (clusters.length > 0 && image === null) return 'image';
  if (route === null) return null;
  if (clusters.length === 0 && count > 0) return 'route-to-a-machine';
  // If two routes have one name, it is undefined which of them is followed.
  return new Set(clusters).size < clusters.length ? 'two-of-a-route' : null;
}

function rendered(site: GatewaySite, { image, program, route }: GatewayChoice): RenderedGateway {
  const { place, pool, ports, backends } = site;
  const reach = place.target === 'machine' ? 'machine' : 'cluster';
  const settings = settingsText({ reach, ports, backends });
  const common = { place: place.name, pool: pool.name, target: place.target, nodes: backends.length };
  if (place.target === 'machine') {
    const files = [...machineFiles(site, settings, program)].map(
      ([path, text]) => [`${place.name}/${path}`, text] as const,
    );
    const path = files.find(([name]) => name.endsWith('/gateway.yaml'))?.[0] ?? '';
    return { ...common, settings: path, secret: null, files: new Map(files) };
  }
  const objects = clusterObjects({ site, place, image: image ?? '', route });
  const folder = `${place.name}/${pool.name}`;
  return {
    ...common,
    settings: `${folder}/gateway.yaml`,
    secret: { namespace: place.namespace, name: site.name },
    files: new Map([
      [`${folder}/gateway.yaml`, settings],
      [`${folder}/objects.yaml`, objects.map((one) => yamlText(one as unknown as Json)).join('---\n')],
    ]),
  };
}
