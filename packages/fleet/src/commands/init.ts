import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { kubectlLine, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, type PlannedFile, refuseExisting } from '@watchbill/kit/command/planned-files';
import { lines, print } from '@watchbill/kit/command/print';
import { repeated } from '@watchbill/kit/command/repeated';
import { type Command, Option } from 'commander';
import type { Beginning, BeginningCluster, BootNode, PresetName } from '../file/index.ts';
import { STATE_FOLDER } from './command-ports.ts';
import { NETWORK_FILE } from './network-file.ts';

interface InitFlags {
  readonly preset: PresetName;
  readonly name: string;
  readonly chain?: string;
  readonly spec?: string;
  readonly relay?: string;
  readonly cluster: readonly string[];
  readonly machine: readonly string[];
  readonly image?: string;
  readonly sdk: string;
  readonly command?: string;
  readonly dir: string;
  readonly json?: boolean;
}

/** Repeated here so that `--help` does not load the package; a test compares the two. */
export const PRESET_CHOICES = [
  'solo-chain',
  'relay-network',
  'parachain',
  'api-nodes',
  'boot-nodes',
  'simulation',
];

/** `fleet init`: a network file to begin with, and the node keys of its boot nodes. */
export function addFleetInit(parent: Command, { io }: Context): void {
  const command = parent
    .command('init')
    .description('write a first network file, and the node keys of its boot nodes')
    .addOption(
      new Option('--preset <name>', 'pools to begin with').choices(PRESET_CHOICES).default('solo-chain'),
    )
    .option(
      '--name <name>',
      'name of the network: lower-case letters, digits and dashes, at most 20',
      'harbour',
    )
    .option('--chain <name>', 'a chain that the binary knows, such as polkadot or westend')
    .option('--spec <file>', 'or a chain specification')
    .option('--relay <name>', 'relay chain of a parachain')
    .option(
      '--cluster <name[=context]>',
      'a Kubernetes cluster, and its context in the kubeconfig (repeat; default: main)',
      repeated,
      [],
    )
    .option('--machine <name=host>', 'a machine with systemd (repeat)', repeated, [])
    .option('--image <image>', 'container image by digest: REPOSITORY@sha256:…')
    .option('--sdk <release>', 'release of polkadot-sdk that the node is made of', 'stable2509')
    .option(
      '--command <name>',
      'name of the executable; left out: polkadot, for parachains polkadot-parachain or polkadot-omni-node',
    )
    .option('--dir <folder>', 'folder to write to', '.')
    .option('--json', 'print JSON')
    .action((options: InitFlags) => init(io, options));
  withExamples(command, [
    'watchbill fleet init --chain westend',
    'watchbill fleet init --preset parachain --spec para.json --relay paseo --cluster east=gke-east --cluster west=gke-west',
    'watchbill fleet init --preset api-nodes --chain polkadot --machine one=192.0.2.7',
  ]);
}

async function init(io: Io, options: InitFlags): Promise<void> {
  const dir = resolve(io.cwd, options.dir);
  const beginning = beginningOf(io, options, dir);
  const { beginningYaml, bootNodesOf, networkJsonSchema, peerIdOf, SCHEMA_FILE } = await import(
    '../file/index.ts'
  );
  const boots = bootNodesOf(beginning).map((boot) => {
    const key = io.random.bytes(32);
    return { boot, key, peerId: peerIdOf(key) };
  });
  const text = beginningYaml(beginning, new Map(boots.map(({ boot, peerId }) => [boot.name, peerId])));
  const files: PlannedFile[] = [
    { path: join(dir, NETWORK_FILE), text, mode: 0o644 },
    { path: join(dir, SCHEMA_FILE), text: `${JSON.stringify(networkJsonSchema(), null, 2)}\n`, mode: 0o644 },
    ...(existsSync(join(dir, '.gitignore'))
      ? []
      : [{ path: join(dir, '.gitignore'), text: IGNORED, mode: 0o644 } as const]),
    ...boots.map(({ boot, key }) => ({
      path: keyFile(dir, boot),
      text: Buffer.from(key).toString('hex'),
      mode: 0o600 as const,
    })),
  ];
  refuseExisting(files.map(({ path }) => path));
  carryOut({ folders: [], files });
  const made = files.map(({ path }) => relative(io.cwd, path));
  const next = steps(
    io,
    beginning,
    made[0] ?? NETWORK_FILE,
    dir,
    boots.map(({ boot }) => boot),
  );
  print(io, options.json, { made: files.map(({ path }) => path), next }, () =>
    lines([
      'made:',
      ...made.map((path) => `  ${path}`),
      '',
      'next:',
      ...next.map((step, at) => `  ${at + 1}. ${step}`),
    ]),
  );
}

/** Keys, and the memory of plans, belong into no repository. */
const IGNORED = `/secrets/\n/${STATE_FOLDER}/\n`;

function beginningOf(io: Io, options: InitFlags, dir: string): Beginning {
  const { preset, relay, chain, spec } = options;
  const label = /^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$/;
  const clusters = clustersOf(options);
  const named = [options.name, ...clusters.map((cluster) => cluster.name)];
  const wrong = named.find((name) => !label.test(name));
  if (wrong !== undefined)
    throw usageFault(
      `${wrong} is not a name`,
      'use lower-case letters, digits and dashes, at most 20, beginning with a letter',
    );
  if ((chain === undefined) === (spec === undefined))
    throw usageFault(
      'which chain?',
      'name one that the binary knows with --chain, or a specification with --spec',
    );
  if ((preset === 'parachain') !== (relay !== undefined))
    throw usageFault(
      preset === 'parachain' ? 'a parachain has a relay chain' : `preset ${preset} has no relay chain`,
      preset === 'parachain' ? 'name it: --relay polkadot' : 'leave --relay out, or take --preset parachain',
      'flag --relay',
    );
  const machines = options.machine.map((text) => {
    const [, name = '', host = ''] = /^([^=]+)=(\S+)$/.exec(text) ?? [];
    if (!label.test(name) || host === '')
      throw usageFault('that is not a machine', 'write NAME=HOST', `flag --machine ${text}`);
    return { name, host };
  });
  return {
    name: options.name,
    preset,
    chain: chain === undefined ? specOf(io, spec ?? '', dir) : { name: chain },
    relay: relay ?? null,
    clusters: clusters.length === 0 && machines.length === 0 ? [{ name: 'main', context: null }] : clusters,
    machines,
    image: options.image ?? null,
    sdk: options.sdk,
    command: options.command ?? commandOf(preset, chain),
  };
}

/** Several clusters need a context each; without one, the cluster is called as its context. */
function clustersOf({ cluster }: InitFlags): readonly BeginningCluster[] {
  return cluster.map((text) => {
    const [, name = text, context] = /^([^=]*)=(.+)$/.exec(text) ?? [];
    if (context !== undefined && !/^[A-Za-z0-9._@:/-]+$/.test(context))
      throw usageFault('that is not a kubeconfig context', 'write NAME=CONTEXT', `flag --cluster ${text}`);
    return { name, context: context ?? (cluster.length > 1 ? text : null) };
  });
}

/** Parity's node for parachains has some chains built in; the omni node takes any specification. */
function commandOf(preset: PresetName, chain: string | undefined): string {
  if (preset !== 'parachain') return 'polkadot';
  return chain === undefined ? 'polkadot-omni-node' : 'polkadot-parachain';
}

function specOf(io: Io, file: string, dir: string): Exclude<Beginning['chain'], { name: string }> {
  const path = resolve(io.cwd, file);
  const missing = 'name a chain specification';
  const text = readText(path, { named: file, where: 'flag --spec', missing });
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { file: relative(dir, path), sha256, hasBootNodes: namesBootNodes(text) };
}

/** False for a text that is not a specification: reading the file reports that later. */
function namesBootNodes(text: string): boolean {
  try {
    const { bootNodes } = JSON.parse(text) as { readonly bootNodes?: unknown };
    return Array.isArray(bootNodes) && bootNodes.length > 0;
  } catch {
    return false;
  }
}

function keyFile(dir: string, { name }: BootNode): string {
  return join(dir, 'secrets', `${name}.node-key`);
}

function steps(
  io: Io,
  beginning: Beginning,
  file: string,
  dir: string,
  boots: readonly BootNode[],
): readonly string[] {
  const named = file === NETWORK_FILE ? '' : ` --file ${file}`;
  const { clusters, machines, image } = beginning;
  const missing = [
    ...(clusters.length > 0 && image === null ? ['image'] : []),
    ...(machines.length > 0 ? ['binary'] : []),
  ];
  const ignore = join(dir, '.gitignore');
  const ignored = readFileSync(ignore, 'utf8');
  const isIgnored = ignored.includes('secrets/') && ignored.includes(STATE_FOLDER);
  return [
    ...(isIgnored ? [] : [`add /secrets/ and /${STATE_FOLDER}/ to ${relative(io.cwd, ignore)}`]),
    ...(missing.length === 0 ? [] : [`write ${missing.join(' and ')} in ${file}, by digest`]),
    ...keySteps(io, beginning, dir, boots, named),
    `check the file after each change: watchbill fleet file check${file === NETWORK_FILE ? '' : ` ${file}`}`,
    `see every setting and where it comes from: watchbill fleet file explain${named}`,
    `see what would be applied, before any place is asked: watchbill fleet plan --offline${named}`,
  ];
}

/** How the node keys reach their places. */
function keySteps(
  io: Io,
  { name, clusters }: Beginning,
  dir: string,
  boots: readonly BootNode[],
  named: string,
): readonly string[] {
  const kubectl = (place: string, ...words: readonly string[]) => {
    const context = clusters.find((cluster) => cluster.name === place)?.context ?? null;
    return kubectlLine({ context }, ...words);
  };
  const keys = boots.map((boot) => {
    const path = relative(io.cwd, keyFile(dir, boot));
    return boot.onMachine
      ? `give the node key to machine ${boot.place}: watchbill fleet keys secrets put ${boot.name} key --from ${path}${named}`
      : `give the node key to cluster ${boot.place}: ${kubectl(boot.place, '-n', name, 'create', 'secret', 'generic', boot.name, `--from-file=key=${path}`)}`;
  });
  const rooms = [...new Set(boots.filter(({ onMachine }) => !onMachine).map(({ place }) => place))].map(
    (place) =>
      `make the namespace in cluster ${place}: ${kubectl(place, 'create', 'namespace', name)} && ${kubectl(place, 'label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted')}`,
  );
  return [...rooms, ...keys];
}
