import type { Role } from '../graph/resource.ts';
import type { PresetName } from '../network/preset-names.ts';
import { PRESETS } from '../network/presets.ts';
import { FIRST_PORTS } from '../normalise/defaults.ts';
import { signs } from '../normalise/network.ts';

/** The inputs of a first network file. */
export interface Beginning {
  readonly name: string;
  readonly preset: PresetName;
  /**
   * A chain that the binary knows, or a specification. If that names no boot nodes, a node of the file takes
   * their place.
   */
  readonly chain:
    | { readonly name: string }
    | { readonly file: string; readonly sha256: string; readonly hasBootNodes?: boolean };
  readonly relay: string | null;
  readonly clusters: readonly BeginningCluster[];
  readonly machines: readonly { readonly name: string; readonly host: string }[];
  readonly image: string | null;
  readonly sdk: string;
  readonly command: string;
}

/** A cluster, and its context in the kubeconfig; null: the current one. */
export interface BeginningCluster {
  readonly name: string;
  readonly context: string | null;
}

/** The schema that `fleet init` writes beside the network file, for editors. */
export const SCHEMA_FILE = 'network.schema.json';

/** A node whose key has to be known before it runs. */
export interface BootNode {
  readonly name: string;
  readonly pool: string;
  readonly place: string;
  readonly instance: string;
  readonly onMachine: boolean;
}

/**
 * The nodes of a first file that others must know: its boot nodes, or other nodes in their place. Their keys
 * are made beside it, and it contains their peer ids.
 */
export function bootNodesOf(beginning: Beginning): readonly BootNode[] {
  const boots = nodesOfRole(beginning, 'boot');
  return boots.length > 0 || !isAlone(beginning) ? boots : firstToMeet(beginning);
}

/** Only the file names the nodes to each other. */
function isAlone({ chain }: Beginning): boolean {
  return 'file' in chain && chain.hasBootNodes !== true;
}

/** One is enough. On a machine, if there is one: its address is in the file, so every place reaches it. */
function firstToMeet(beginning: Beginning): readonly BootNode[] {
  const roles = ['validator', 'archive', 'backup'];
  const known = roles.map((role) => nodesOfRole(beginning, role)).find(({ length }) => length > 0) ?? [];
  const one = known.find(({ onMachine }) => onMachine) ?? known[0];
  return one === undefined ? [] : [one];
}

function nodesOfRole(beginning: Beginning, role: string): readonly BootNode[] {
  const { machines, preset } = beginning;
  return Object.entries(PRESETS[preset].pools)
    .filter(([, pool]) => pool.role === role)
    .flatMap(([pool]) =>
      Object.entries(countsOf(beginning, pool)).flatMap(([place, count]) =>
        Array.from({ length: count }, (_, index) => ({
          name: `${pool}-${place}-${index}`,
          pool,
          place,
          instance: `${place}-${index}`,
          onMachine: machines.some(({ name }) => name === place),
        })),
      ),
    );
}

/** Nodes of a pool by place: dealt out one by one. */
function countsOf({ clusters, machines, preset }: Beginning, pool: string): Record<string, number> {
  const places = [...clusters, ...machines].map(({ name }) => name);
  const declared = PRESETS[preset].pools[pool]?.count;
  const total = typeof declared === 'number' ? declared : 1;
  const counts = Object.fromEntries(places.map((place) => [place, 0]));
  for (let node = 0; node < total; node++) {
    const place = places[node % places.length];
    if (place !== undefined) counts[place] = (counts[place] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** A network file to begin with, with comments. `peerIds` by name of the boot node. */
export function beginningYaml(beginning: Beginning, peerIds: ReadonlyMap<string, string>): string {
  const { name, preset, clusters, machines } = beginning;
  const hasSigners = Object.values(PRESETS[preset].pools).some(({ role }) => signs(role as Role));
  const lines = [
    `# yaml-language-server: $schema=${SCHEMA_FILE}`,
    '# Nodes and places of the network. `watchbill fleet file explain` shows every value and where it comes from.',
    'format: watchbill/network/1',
    `name: ${name}`,
    '',
    `# Pools to begin with: ${PRESETS[preset].about}.`,
    `preset: ${preset}`,
    '',
    ...chainLines(beginning),
    '',
    ...(clusters.length === 0
      ? []
      : ['clusters:', ...clusters.map((cluster) => clusterLine(cluster, hasSigners)), '']),
    ...(machines.length === 0
      ? []
      : ['machines:', ...machines.map((one) => `  ${one.name}: {host: ${one.host}}`), '']),
    ...softwareLines(beginning),
    '',
    '# These settings change the pools of the preset.',
    'pools:',
    ...Object.keys(PRESETS[preset].pools).flatMap((pool) => poolLines(beginning, pool, peerIds)),
    '',
  ];
  return lines.join('\n');
}

function clusterLine({ name, context }: BeginningCluster, hasSigners: boolean): string {
  const settings = [
    ...(context === null ? [] : [`context: ${context}`]),
    ...(hasSigners ? ['admissionPolicy: true'] : []),
  ].join(', ');
  const about =
    context === null
      ? 'context: NAME; left out: the current context of your kubeconfig'
      : 'its context in your kubeconfig';
  return `  ${name}: {${settings}} # ${about}`;
}

function chainLines({ chain, relay }: Beginning): readonly string[] {
  const own =
    'name' in chain
      ? ['chain:', `  name: ${chain.name}`]
      : ['chain:', '  spec:', `    file: ${JSON.stringify(chain.file)}`, `    sha256: ${chain.sha256}`];
  return relay === null ? own : [...own, `  relay: {name: ${relay}}`];
}

function softwareLines({ clusters, machines, image, sdk, command }: Beginning): readonly string[] {
  return [
    'defaults:',
    '  software:',
    ...(clusters.length === 0
      ? []
      : [image === null ? '    image: null # write REPOSITORY@sha256:DIGEST' : `    image: ${image}`]),
    ...(machines.length === 0 ? [] : ['    binary: null # write {source: https://…, sha256: …}']),
    `    command: ${command}`,
    `    sdk: ${sdk} # release of polkadot-sdk that the node is made of`,
  ];
}

/** Pools on the same machine listen on different ports. */
function portLines(
  { machines, preset, relay }: Beginning,
  pool: string,
  places: readonly string[],
): readonly string[] {
  const index = Object.keys(PRESETS[preset].pools).indexOf(pool);
  if (index === 0 || !machines.some(({ name }) => places.includes(name))) return [];
  const step = 100 * index;
  const names = Object.entries(FIRST_PORTS).filter(([name]) => relay !== null || !name.startsWith('relay'));
  return [`    ports: {${names.map(([name, first]) => `${name}: ${first + step}`).join(', ')}}`];
}

/** Settings that only clusters have are unset for a pool on a machine. */
function machineLines(
  { machines, preset }: Beginning,
  pool: string,
  places: readonly string[],
): readonly string[] {
  if (!machines.some(({ name }) => places.includes(name))) return [];
  const settings = PRESETS[preset].pools[pool] ?? {};
  return [
    ...('autoscale' in settings ? ['    autoscale: null # machines are not scaled'] : []),
    ...('exposure' in settings
      ? ['    exposure: {p2p: none} # peers reach a machine by exposure.address']
      : []),
  ];
}

function poolLines(
  beginning: Beginning,
  pool: string,
  peerIds: ReadonlyMap<string, string>,
): readonly string[] {
  const counts = countsOf(beginning, pool);
  const places = Object.keys(counts);
  const several = beginning.clusters.length + beginning.machines.length > 1;
  const where = several
    ? [`    places: {${places.map((place) => `${place}: ${counts[place]}`).join(', ')}}`]
    : [`    count: ${counts[places[0] ?? ''] ?? 0}`];
  const boots = bootNodesOf(beginning).filter((boot) => boot.pool === pool);
  const role = String(PRESETS[beginning.preset].pools[pool]?.role);
  const isReached = bootNodesOf(beginning).some(({ onMachine }) => onMachine);
  const needsAddress = several && isAlone(beginning) && !isReached;
  return [
    `  ${pool}: # role: ${role}`,
    ...where,
    ...portLines(beginning, pool, places),
    ...machineLines(beginning, pool, places),
    ...(boots.length === 0 ? [] : ['    instances:']),
    ...boots.map(({ instance, name }) => {
      // The preset already has it for boot nodes.
      const source = role === 'boot' ? '' : "source: secret, secret: '{node}', ";
      const remark = needsAddress ? ' # write exposure.address: how the other places reach it' : '';
      return `      ${instance}: {keys: {node: {${source}peerId: ${peerIds.get(name) ?? 'null'}}}}${remark}`;
    }),
  ];
}
