import type { Problem } from '../network/problem.ts';
import type { NetworkFile } from '../network/schema.ts';
import type { ServiceFile } from '../network/service.ts';
import type { Source } from '../network/source.ts';
import { mergeLayers } from './merge.ts';
import type { ClusterPlace, MachinePlace } from './network.ts';
import type { Origin } from './origin.ts';

/** Services of one ledger: one may be lost, and another one changed meanwhile. */
export const SERVICE_COUNT = 3;

/** One of the services. */
export interface ServiceMember {
  /** On a cluster the name of its pod, `NAME-0`; on a machine `NAME-PLACE`. */
  readonly name: string;
  readonly place: string;
  /** `https://HOST:PORT`, for nodes and for the other services. */
  readonly url: string;
}

/** The section `service` with everything filled in. */
export interface FleetService {
  readonly name: string;
  readonly target: 'kubernetes' | 'machine';
  readonly members: readonly ServiceMember[];
  readonly settings: ServiceSettings;
  readonly origins: ReadonlyMap<string, Origin>;
}

type Store = ServiceFile['store'];
type Whole<Section> = { readonly [Key in keyof Section]-?: Exclude<Section[Key], undefined> };

export interface ServiceSettings {
  readonly image: string | null;
  readonly imagePullSecrets: readonly string[];
  readonly command: string;
  readonly port: number;
  readonly tls: string;
  readonly operator: string;
  readonly store: Store & { readonly prefix: string };
  readonly storage: Whole<NonNullable<ServiceFile['storage']>>;
  readonly resources: Whole<NonNullable<ServiceFile['resources']>>;
  readonly placement: NonNullable<ServiceFile['placement']> & { readonly spread: 'require' | 'prefer' };
}

const DEFAULTS = {
  image: null,
  imagePullSecrets: [],
  command: 'watchbill',
  port: 8450,
  store: { prefix: '/watchbill/' },
  storage: { sizeGiB: 10, class: null },
  resources: { cpu: 0.5, memoryGiB: 1 },
  placement: { spread: 'require' },
} as const;

/** The etcd of a service: `NAME-etcd`. */
export function etcdName(service: string): string {
  return `${service}-etcd`;
}

type Places = ReadonlyMap<string, ClusterPlace | MachinePlace>;

/** Fills in the section `service`; null without it, or if its places leave none. */
export function serviceOf(
  file: NetworkFile,
  source: Source,
  places: Places,
  problems: Problem[],
): FleetService | null {
  const written = file.service;
  if (written === undefined) return null;
  const found = placesOf(written, source, places, problems);
  if (found === null) return null;
  const { name, places: _places, ...tree } = written;
  const { tree: merged, origins } = mergeLayers([
    { tree: DEFAULTS, originOf: () => ({ from: 'default', role: 'service' }) },
    {
      tree,
      originOf: (path): Origin => {
        const whole = ['service', ...path];
        return { from: 'file', layer: 'service', path: whole, at: source.keyPositionOf(whole) };
      },
    },
  ]);
  // The defaults and the parsed section together have every value of the type.
  const settings = merged as unknown as ServiceSettings;
  const target = found[0]?.target ?? 'machine';
  return { name, target, members: membersOf(name, settings.port, found), settings, origins };
}

function membersOf(
  name: string,
  port: number,
  places: readonly (ClusterPlace | MachinePlace)[],
): readonly ServiceMember[] {
  return places.flatMap((place): readonly ServiceMember[] => {
    if (place.target === 'machine') {
      const host = place.host.includes(':') ? `[${place.host}]` : place.host;
      return [{ name: `${name}-${place.name}`, place: place.name, url: `https://${host}:${port}` }];
    }
    return Array.from({ length: SERVICE_COUNT }, (_, at) => ({
      name: `${name}-${at}`,
      place: place.name,
      url: `https://${name}-${at}.${name}.${place.namespace}.svc:${port}`,
    }));
  });
}

function placesOf(
  { places: names }: ServiceFile,
  source: Source,
  places: Places,
  problems: Problem[],
): readonly (ClusterPlace | MachinePlace)[] | null {
  const known = [...places.keys()];
  const before = problems.length;
  for (const [index, name] of names.entries()) {
    const path = ['service', 'places', index] as const;
    const at = source.positionOf(path);
    if (!places.has(name))
      problems.push({
        code: 'unknown-place',
        path: path.join('.'),
        at,
        what: `there is no cluster and no machine ${name}`,
        remedy: known.length === 0 ? 'add one: `clusters: {main: {}}`' : `name one of: ${known.join(', ')}`,
      });
    else if (names.indexOf(name) !== index)
      problems.push({
        code: 'service',
        path: path.join('.'),
        at,
        what: `the machine ${name} would run two services`,
        remedy: 'name three machines, each once',
      });
  }
  if (problems.length > before) return null;
  const found = names.flatMap((name) => places.get(name) ?? []);
  const clusters = found.filter(({ target }) => target === 'kubernetes');
  if (
    (clusters.length === 1 && found.length === 1) ||
    (clusters.length === 0 && found.length === SERVICE_COUNT)
  )
    return found;
  problems.push({
    code: 'service',
    path: 'service.places',
    at: source.positionOf(['service', 'places']),
    what: `the service would run at ${names.join(', ')}`,
    remedy: 'name one cluster, which runs three pods; or three machines, which run one unit each',
  });
  return null;
}
