import { createHash } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import type { Beginning, BootNode, PresetName } from '@watchbill/fleet';
import { type Command, Option } from 'commander';
import { lines, print } from '../../output/print.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { usageFault } from '../../process/fault.ts';
import { readText } from '../../process/input-file.ts';
import type { Io } from '../../process/io.ts';
import { carryOut, type PlannedFile, refuseExisting } from '../init/plan.ts';
import { repeated } from '../repeated.ts';
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
  readonly command: string;
  readonly dir: string;
  readonly json?: boolean;
}

/** Here and not from the package, so that `--help` loads nothing of it; a test compares the two. */
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
    .description('write a network file to begin with, and the node keys of its boot nodes; starts nothing')
    .addOption(
      new Option('--preset <name>', 'pools to begin with').choices(PRESET_CHOICES).default('solo-chain'),
    )
    .option('--name <name>', 'name of the network: small letters, digits, dashes, at most 20', 'harbour')
    .option('--chain <name>', 'a chain that the binary knows, such as polkadot or westend')
    .option('--spec <file>', 'or a chain specification')
    .option('--relay <name>', 'relay chain of a parachain')
    .option('--cluster <name>', 'a Kubernetes cluster (repeat); main if nothing is named', repeated, [])
    .option('--machine <name=host>', 'a machine with systemd (repeat)', repeated, [])
    .option('--image <image>', 'container image by digest: REPOSITORY@sha256:…')
    .option('--sdk <release>', 'release of polkadot-sdk that the node is made of', 'stable2509')
    .option('--command <name>', 'name of the executable', 'polkadot')
    .option('--dir <folder>', 'folder to write to', '.')
    .option('--json', 'print JSON')
    .action((options: InitFlags) => init(io, options));
  withExamples(command, [
    'watchbill fleet init --chain westend',
    'watchbill fleet init --preset parachain --spec para.json --relay paseo --cluster east --cluster west',
    'watchbill fleet init --preset api-nodes --chain polkadot --machine one=192.0.2.7',
  ]);
}

async function init(io: Io, options: InitFlags): Promise<void> {
  const dir = resolve(io.cwd, options.dir);
  const beginning = beginningOf(io, options, dir);
  const { beginningYaml, bootNodesOf, peerIdOf } = await import('@watchbill/fleet');
  const boots = bootNodesOf(beginning).map((boot) => {
    const key = io.random.bytes(32);
    return { boot, key, peerId: peerIdOf(key) };
  });
  const text = beginningYaml(beginning, new Map(boots.map(({ boot, peerId }) => [boot.name, peerId])));
  const files: PlannedFile[] = [
    { path: join(dir, NETWORK_FILE), text, mode: 0o644 },
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

function beginningOf(io: Io, options: InitFlags, dir: string): Beginning {
  const { preset, relay, chain, spec } = options;
  const label = /^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$/;
  const named = [options.name, ...options.cluster];
  const wrong = named.find((name) => !label.test(name));
  if (wrong !== undefined)
    throw usageFault(
      `${wrong} is no name`,
      'use small letters, digits and dashes, at most 20, a letter first',
    );
  if ((chain === undefined) === (spec === undefined))
    throw usageFault(
      'which chain?',
      'name one that the binary knows with --chain, or a specification with --spec',
    );
  if ((preset === 'parachain') !== (relay !== undefined))
    throw usageFault(
      preset === 'parachain'
        ? 'a parachain has a relay chain'
        : `preset ${preset} has no relay chain beside its nodes`,
      preset === 'parachain' ? 'name it: --relay polkadot' : 'leave --relay out, or take --preset parachain',
      'flag --relay',
    );
  const machines = options.machine.map((text) => {
    const [, name = '', host = ''] = /^([^=]+)=(\S+)$/.exec(text) ?? [];
    if (!label.test(name) || host === '')
      throw usageFault('that is no machine', 'write NAME=HOST', `flag --machine ${text}`);
    return { name, host };
  });
  return {
    name: options.name,
    preset,
    chain: chain === undefined ? specOf(io, spec ?? '', dir) : { name: chain },
    relay: relay ?? null,
    clusters: options.cluster.length === 0 && machines.length === 0 ? ['main'] : options.cluster,
    machines,
    image: options.image ?? null,
    sdk: options.sdk,
    command: options.command,
  };
}

function specOf(io: Io, file: string, dir: string): Exclude<Beginning['chain'], { name: string }> {
  const path = resolve(io.cwd, file);
  const missing = 'name a chain specification';
  const text = readText(path, { named: file, where: 'flag --spec', missing });
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { file: relative(dir, path), sha256, hasBootNodes: namesBootNodes(text) };
}

/** A text that is no specification is told of when the file is read. */
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
  const { name, clusters, machines, image } = beginning;
  const missing = [
    ...(clusters.length > 0 && image === null ? ['image'] : []),
    ...(machines.length > 0 ? ['binary'] : []),
  ];
  const keys = boots.map((boot) => {
    const path = relative(io.cwd, keyFile(dir, boot));
    return boot.onMachine
      ? `give the node key to machine ${boot.place}: watchbill fleet secrets put ${boot.name} key --from ${path}${named}`
      : `give the node key to cluster ${boot.place}: kubectl -n ${name} create secret generic ${boot.name} --from-file=key=${path}`;
  });
  const rooms = [...new Set(boots.filter(({ onMachine }) => !onMachine).map(({ place }) => place))].map(
    (place) =>
      `make the namespace in cluster ${place}: kubectl create namespace ${name} && kubectl label namespace ${name} pod-security.kubernetes.io/enforce=restricted`,
  );
  return [
    ...(missing.length === 0 ? [] : [`write ${missing.join(' and ')} in ${file}, by digest`]),
    ...rooms,
    ...keys,
    `see every setting and where it comes from: watchbill fleet explain${named}`,
    `see what would be applied: watchbill fleet render --format yaml${named}`,
  ];
}
