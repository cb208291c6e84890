import type { z } from 'zod';
import type { Role } from '../graph/resource.ts';
import { presetPools } from '../network/presets.ts';
import type { Problem } from '../network/problem.ts';
import type { NetworkFile, PoolFile } from '../network/schema.ts';
import { type Settings, settings } from '../network/settings.ts';
import type { Source } from '../network/source.ts';
import { defaultsOf } from './defaults.ts';
import { type Layer, mergeLayers } from './merge.ts';
import type { ClusterPlace, FleetNode, FleetPool, MachinePlace, Network, Resolved, Runs } from './network.ts';
import type { Origin } from './origin.ts';
import { type FleetService, serviceOf } from './service.ts';

export interface Normalised {
  /** Null if the problems leave no network. */
  readonly network: Network | null;
  readonly problems: readonly Problem[];
}

/** A pool's own keys; everything else of it is settings. */
const OF_POOL = new Set(['role', 'runs', 'count', 'place', 'places', 'instances']);

/** Fills in defaults, preset, `defaults`, pool and instance, each over the one before. */
export function normalise(file: NetworkFile, source: Source): Normalised {
  const problems: Problem[] = [];
  const places = placesOf(file);
  const preset = file.preset === undefined ? {} : presetPools(file.preset);
  const names = [...new Set([...Object.keys(preset), ...Object.keys(file.pools ?? {})])].sort();
  const service = serviceOf(file, source, places, problems);
  if (names.length === 0 && file.service === undefined) problems.push(noPools(source));
  // Without its places the service has no addresses, and every pool that refers to it would be wrong.
  if (file.service !== undefined && service === null) return { network: null, problems };
  const pools = names.flatMap((name) => {
    const input: PoolInput = { name, file, source, preset: preset[name] ?? {}, places, service };
    const pool = poolOf(input, problems);
    return pool === null ? [] : [pool];
  });
  if (problems.length > 0) return { network: null, problems };
  const network: Network = {
    name: file.name,
    file,
    chain: file.chain,
    places,
    pools,
    service,
    monitoringNamespace: file.monitoringNamespace ?? 'monitoring',
  };
  return { network, problems };
}

function placesOf(file: NetworkFile): ReadonlyMap<string, ClusterPlace | MachinePlace> {
  const clusters = Object.entries(file.clusters ?? {}).map(
    ([name, { context, namespace }]): ClusterPlace => ({
      target: 'kubernetes',
      name,
      context: context ?? null,
      namespace: namespace ?? file.name,
    }),
  );
  const machines = Object.entries(file.machines ?? {}).map(
    ([name, { host, port, user }]): MachinePlace => ({ target: 'machine', name, host, port, user }),
  );
  const all = [...clusters, ...machines].sort((one, other) => (one.name < other.name ? -1 : 1));
  return new Map(all.map((place) => [place.name, place]));
}

interface PoolInput {
  readonly name: string;
  readonly file: NetworkFile;
  readonly source: Source;
  readonly preset: Readonly<Record<string, unknown>>;
  readonly places: ReadonlyMap<string, ClusterPlace | MachinePlace>;
  readonly service: FleetService | null;
}

function poolOf(input: PoolInput, problems: Problem[]): FleetPool | null {
  const { name, file, source, preset } = input;
  const written = file.pools?.[name];
  const role = (written?.role ?? preset.role) as Role | undefined;
  const at = source.keyPositionOf(['pools', name]);
  if (role === undefined) {
    const what = `pools.${name} has no role`;
    const remedy = 'write role: validator, collator, boot, rpc, archive or backup';
    problems.push({ code: 'wrong-value', path: `pools.${name}`, at, what, remedy });
    return null;
  }
  const layers = poolLayers(input, role, written);
  const base = resolve(layers, `pools.${name}`, input, problems);
  const counts = countsOf(input, written, problems);
  if (base === null || counts === null) return null;
  const runs = runsOf(role, written, file);
  const nodes = nodesOf({ ...input, role, runs, layers, base, counts }, problems);
  return { name, role, roleOrigin: roleOrigin(input, written), runs, places: counts, nodes, at, ...base };
}

/** A parachain has no validators: those of its file belong to the relay chain. */
function runsOf(role: Role, written: PoolFile | undefined, { chain }: NetworkFile): Runs {
  if (written?.runs !== undefined) return written.runs;
  return role === 'validator' && chain.relay !== undefined ? 'relay' : 'chain';
}

function roleOrigin({ name, file, source }: PoolInput, written: PoolFile | undefined): Origin {
  const path = ['pools', name, 'role'];
  if (written?.role !== undefined) return { from: 'file', layer: 'pool', path, at: source.positionOf(path) };
  return { from: 'preset', preset: file.preset ?? '' };
}

function poolLayers(
  { name, file, source, preset }: PoolInput,
  role: Role,
  written: PoolFile | undefined,
): Layer[] {
  return [
    { tree: defaultsOf(role), originOf: () => ({ from: 'default', role }) },
    { tree: settingsOnly(preset), originOf: () => ({ from: 'preset', preset: file.preset ?? '' }) },
    fileLayer(source, 'defaults', ['defaults'], file.defaults ?? {}),
    fileLayer(source, 'pool', ['pools', name], settingsOnly(written ?? {})),
  ];
}

function fileLayer(
  source: Source,
  layer: 'defaults' | 'pool' | 'instance',
  prefix: readonly string[],
  tree: Readonly<Record<string, unknown>>,
): Layer {
  const originOf = (path: readonly string[]): Origin => {
    const whole = [...prefix, ...path];
    return { from: 'file', layer, path: whole, at: source.keyPositionOf(whole) };
  };
  return { tree, originOf };
}

function settingsOnly(pool: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(pool).filter(([key]) => !OF_POOL.has(key)));
}

/** Merges layers and checks that the result is complete. */
function resolve(
  layers: readonly Layer[],
  path: string,
  { name, source, service }: PoolInput,
  problems: Problem[],
): Resolved | null {
  const { tree, origins } = mergeLayers(layers);
  const named = withServices(tree, service);
  if (typeof named === 'string') {
    const origin = origins.get('duty.service');
    const at = origin?.from === 'file' ? origin.at : source.keyPositionOf(['pools', name]);
    const remedy = dutyRemedy(service);
    problems.push({ code: 'duty', path: `${path}.duty.service`, at, what: named, remedy });
    return null;
  }
  const asked = origins.get('duty.service');
  const whole = asked === undefined ? origins : new Map([...origins, ['duty.services', asked]]);
  const parsed = settings.safeParse(named);
  if (parsed.success) return { settings: parsed.data, origins: whole };
  for (const issue of parsed.error.issues) problems.push(unfinished(issue, path, name, source, origins));
  return null;
}

function unfinished(
  issue: z.core.$ZodIssue,
  path: string,
  pool: string,
  source: Source,
  origins: ReadonlyMap<string, Origin>,
): Problem {
  const dotted = issue.path.join('.');
  const origin = origins.get(dotted);
  const at = origin?.from === 'file' ? origin.at : source.keyPositionOf(['pools', pool]);
  const missing = issue.code === 'invalid_type' && origin === undefined;
  const what = missing ? `${path}.${dotted} is missing` : `${path}.${dotted}: ${issue.message}`;
  const remedy = REMEDIES[dotted] ?? `set ${dotted} in the pool, or in \`defaults\` for all pools`;
  return { code: 'wrong-value', path: `${path}.${dotted}`, at, what, remedy };
}

/** The settings with the addresses of the service that `duty.service` names, or why there are none. */
function withServices(
  tree: Readonly<Record<string, unknown>>,
  service: FleetService | null,
): Readonly<Record<string, unknown>> | string {
  const { duty } = tree;
  if (typeof duty !== 'object' || duty === null) return tree;
  const asked = duty as Readonly<Record<string, unknown>>;
  if (asked.service === undefined) return tree;
  if (asked.services !== undefined) return 'duty has both service and services';
  if (service?.name !== asked.service) return `the file has no service ${String(asked.service)}`;
  return { ...tree, duty: { ...asked, services: service.members.map(({ url }) => url) } };
}

function dutyRemedy(service: FleetService | null): string {
  return service === null
    ? 'write the section `service`, see "A network file" in `watchbill docs deploy-the-service`; or name addresses: `services: [https://HOST:PORT]`'
    : `write \`service: ${service.name}\`; or \`services\` alone, with the addresses of services outside this file`;
}

const REMEDIES: Readonly<Record<string, string>> = {
  'duty.services':
    'name the service of this file, `duty: {service: NAME}`, or addresses: `services: [https://HOST:PORT]`',
  'software.sdk':
    'write the release of polkadot-sdk that the node is made of, in the pool or in `defaults`: `software: {sdk: stable2509}`',
};

function countsOf(
  { name, source, preset, places }: PoolInput,
  written: PoolFile | undefined,
  problems: Problem[],
): ReadonlyMap<string, number> | null {
  const fail = (code: Problem['code'], key: string | null, what: string, remedy: string): null => {
    const path = key === null ? ['pools', name] : ['pools', name, key];
    problems.push({ code, path: path.join('.'), at: source.keyPositionOf(path), what, remedy });
    return null;
  };
  const known = [...places.keys()];
  if (written?.places !== undefined) {
    if (written.count !== undefined || written.place !== undefined)
      return fail(
        'contradiction',
        'places',
        `pools.${name} has places, and also count or place`,
        'keep `places`, which has both, or `count` and `place`',
      );
    return new Map(Object.entries(written.places).sort(([one], [other]) => (one < other ? -1 : 1)));
  }
  const place = written?.place ?? (known.length === 1 ? known[0] : undefined);
  if (place === undefined) {
    const what =
      known.length === 0 ? 'the file has no cluster and no machine' : `it could run at ${known.join(', ')}`;
    const remedy =
      known.length === 0
        ? 'add one: `clusters: {main: {}}`, or `machines: {one: {host: ADDRESS}}`'
        : `write \`place: ${known[0]}\`, or \`places: {${known.map((one) => `${one}: 1`).join(', ')}}\``;
    return fail('no-place', null, `pools.${name} does not name its place: ${what}`, remedy);
  }
  const count = written?.count ?? (typeof preset.count === 'number' ? preset.count : 1);
  return new Map([[place, count]]);
}

interface NodesInput extends PoolInput {
  readonly role: Role;
  readonly runs: Runs;
  readonly layers: readonly Layer[];
  readonly base: Resolved;
  readonly counts: ReadonlyMap<string, number>;
}

function nodesOf(input: NodesInput, problems: Problem[]): readonly FleetNode[] {
  const { name, role, runs, counts, source, base } = input;
  const instances = input.file.pools?.[name]?.instances ?? {};
  const pool = source.keyPositionOf(['pools', name]);
  return [...counts].flatMap(([place, count]) =>
    Array.from({ length: count }, (_, index): FleetNode => {
      const id = `${place}-${index}`;
      const own = instances[id];
      const path = ['pools', name, 'instances', id];
      const resolved = own === undefined ? base : (withInstance(input, path, own, problems) ?? base);
      const at = own === undefined ? pool : source.keyPositionOf(path);
      return { name: `${name}-${id}`, pool: name, role, runs, place, index, at, ...resolved };
    }),
  );
}

function withInstance(
  input: NodesInput,
  path: readonly string[],
  own: Readonly<Record<string, unknown>>,
  problems: Problem[],
): { readonly settings: Settings; readonly origins: ReadonlyMap<string, Origin> } | null {
  const layers = [...input.layers, fileLayer(input.source, 'instance', path, own)];
  return resolve(layers, path.join('.'), input, problems);
}

function noPools(source: Source): Problem {
  return {
    code: 'no-place',
    path: 'pools',
    at: source.positionOf([]),
    what: 'the file has no pool, so nothing would run',
    remedy: 'add `pools`, or a preset: `preset: solo-chain`',
  };
}
