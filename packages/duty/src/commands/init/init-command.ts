import { dirname, join, relative, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, type PlannedFile, refuseExisting } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';
import { givenByStoreUrl } from '../../config/store-url.ts';
import { initGuard } from './guard-unit.ts';
import { type Layout, layout } from './layout.ts';
import { isPublic, MACHINE, machineFiles, makePublicFolders } from './machine.ts';
import { nextSteps, tlsSteps } from './next-steps.ts';
import { commentedYaml } from './yaml.ts';

export interface InitOptions {
  readonly dir: string;
  readonly name: string;
  readonly tls?: boolean;
  readonly certificates?: boolean;
  readonly host: readonly string[];
  readonly node: readonly string[];
  readonly store?: string;
  readonly systemd?: boolean;
  readonly observe: string;
  readonly guard?: string;
  readonly basePath: string;
  readonly root: string;
  readonly json?: boolean;
}

/** `init`: everything a first service needs, in one folder. */
export function fillInit(command: Command, { io }: Context): void {
  command
    .option('--dir <folder>', 'folder for the new files', '.')
    .option('--name <name>', 'name of this service for people', 'watchbill')
    .option(
      '--store <url>',
      'sqlite:PATH, or etcd:// or tikv:// with HOST:PORT,HOST:PORT/PREFIX (default: sqlite in the data folder)',
    )
    .option('--tls', 'make a certificate authority and certificates for the service and an operator')
    .option('--certificates', 'make only the certificates, for an existing configuration')
    .option(
      '--host <name>',
      'another host name or address of the service for its certificate (repeat)',
      repeated,
      [],
    )
    .option('--node <name>', 'also make a client certificate for this node (repeat)', repeated, [])
    .option(
      '--systemd',
      'also write hardened units for systemd; the folder is /etc/watchbill unless --dir names it',
    )
    .option(
      '--observe <url>',
      'with --systemd: RPC of the node that the observer reads',
      'ws://127.0.0.1:9944',
    )
    .option(
      '--guard <user>',
      'with --systemd: write only the unit of a guard, which runs the node as this user',
    )
    .option('--base-path <folder>', 'with --guard: folder of the node', '/var/lib/polkadot')
    .option('--root <folder>', 'with --systemd: write below this folder, for example to build an image', '/')
    .option('--json', 'print JSON')
    .action((options: InitOptions) => init(io, options));
  withExamples(command, [
    'watchbill init',
    'watchbill init --dir /etc/watchbill --tls --host sentry.example --node alpha --node bravo',
    'watchbill init --systemd --observe ws://sentry.example:9944',
    'watchbill init --systemd --guard polkadot --base-path /var/lib/polkadot',
    'watchbill init --certificates --host sentry.example --node alpha   # later, in the folder of the first time',
    'watchbill init --store etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/watchbill',
  ]);
}

const NEW_LEDGER_TEXT =
  'This folder is new. `watchbill serve` refuses an empty data folder beside secrets/: its disk may be lost.\n';

async function init(io: Io, options: InitOptions): Promise<void> {
  checkNames(options);
  const onMachine = options.systemd === true;
  if (options.guard !== undefined) return initGuard(io, { ...options, guard: options.guard });
  const dir = onMachine && options.dir === '.' ? MACHINE.dir : resolve(io.cwd, options.dir);
  const places = onMachine ? { ...layout(dir, options.node), ...MACHINE } : layout(dir, options.node);
  if (options.certificates === true) return initCertificates(io, dir, places, options);
  const values = settings(dir, places, options);
  const token = Buffer.from(io.random.bytes(32)).toString('base64url');
  const files: PlannedFile[] = [
    { path: places.config, text: commentedYaml(values), mode: 0o644 },
    { path: places.token, text: `${token}\n`, mode: 0o600 },
    ...(options.tls === true ? await certificateFiles(io, places, options) : []),
    ...(onMachine ? machineFiles(dir, places, values, options) : []),
  ];
  const below = onMachine ? (path: string) => join(options.root, path) : (path: string) => path;
  refuseExisting([places.data, ...files.map(({ path }) => path)].map(below));
  if (onMachine)
    makePublicFolders([dir, ...files.filter(isPublic).map(({ path }) => dirname(path))].map(below));
  const written = [...files, { path: places.newLedger, text: NEW_LEDGER_TEXT, mode: 0o600 as const }];
  carryOut({
    folders: [below(places.data)],
    files: written.map((file) => ({ ...file, path: below(file.path) })),
  });
  const made = [places.data, ...files.map((file) => file.path)];
  const steps = nextSteps(io.cwd, places, options);
  print(io, options.json, { made, next: steps }, () => {
    const list = made.map((path) => `  ${onMachine ? path : relative(io.cwd, path) || path}\n`).join('');
    return `made:\n${list}\nnext:\n${steps.map((step, index) => `  ${index + 1}. ${step}\n`).join('')}`;
  });
}

/**
 * The certificates of `--tls`, and the settings that name them. An existing configuration belongs to its
 * owner, so `init` never changes it.
 */
async function initCertificates(io: Io, dir: string, places: Layout, options: InitOptions): Promise<void> {
  const { stringify } = await import('./stringify.ts');
  const files = await certificateFiles(io, places, options);
  refuseExisting(files.map(({ path }) => path));
  carryOut({ folders: [], files });
  const made = files.map(({ path }) => path);
  const lines = stringify(tlsSections(dir, places));
  const steps = [
    `put these lines into ${relative(io.cwd, places.config) || places.config}, in its sections:\n${lines.replace(/^(?=.)/gm, '       ').trimEnd()}`,
    'check it: watchbill config check; then restart the service',
    ...tlsSteps(places, { ...options, tls: true }),
  ];
  print(io, options.json, { made, lines, next: steps.slice(1) }, () => {
    const list = made.map((path) => `  ${relative(io.cwd, path) || path}\n`).join('');
    return `made:\n${list}\nnext:\n${steps.map((step, index) => `  ${index + 1}. ${step}\n`).join('')}`;
  });
}

/** The settings that name the certificates, by section. */
function tlsSections(
  dir: string,
  places: Layout,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const inside = (path: string) => relative(dir, path);
  return {
    tls: {
      certFile: inside(places.server.certificate),
      keyFile: inside(places.server.key),
      clientCaFile: inside(places.ca.certificate),
    },
    operator: {
      caFile: inside(places.ca.certificate),
      certFile: inside(places.operator.certificate),
      keyFile: inside(places.operator.key),
    },
  };
}

function checkNames(options: InitOptions): void {
  const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
  for (const node of options.node)
    if (!name.test(node)) throw usageFault('a node name is not usable', `use ${NAME_RULE}`, 'flag --node');
  if (!name.test(options.name))
    throw usageFault('the service name is not usable', `use ${NAME_RULE}`, 'flag --name');
  for (const host of options.host)
    if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$|^[0-9a-fA-F:]+$/.test(host))
      throw usageFault(
        'a host is not a host name or an address',
        'give it without port and scheme',
        'flag --host',
      );
  const twice = options.node.find((node, index) => options.node.indexOf(node) !== index);
  if (twice !== undefined) throw usageFault(`node ${twice} is named twice`, 'name it once', 'flag --node');
  if (options.certificates === true && (options.tls === true || options.store !== undefined))
    throw usageFault(
      '--certificates needs an existing configuration; --tls and --store need a new one',
      'leave the others out',
    );
  if (options.systemd === true && options.certificates === true)
    throw usageFault('--systemd and --certificates exclude each other', 'make the units first');
  if (options.systemd !== true && options.guard !== undefined)
    throw usageFault('--guard belongs to --systemd', 'add --systemd, or leave it out');
  if (options.systemd !== true && options.root !== '/')
    throw usageFault('--root belongs to --systemd', 'add --systemd, or leave it out');
  if (
    options.tls !== true &&
    options.certificates !== true &&
    (options.node.length > 0 || options.host.length > 0)
  )
    throw usageFault(
      '--node and --host are for certificates',
      'add --tls or --certificates, or leave them out',
    );
}

const NAME_RULE = 'letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit';

function settings(dir: string, places: Layout, options: InitOptions): Record<string, unknown> {
  const inside = (path: string) => relative(dir, path);
  const given = options.store === undefined ? [] : givenByStoreUrl(options.store);
  const store = given.length > 0 ? given : [{ path: 'store.kind', value: 'sqlite' }];
  const values: Record<string, unknown> = {
    'service.name': options.name,
    'service.dataDir': options.systemd === true ? places.data : inside(places.data),
    'operator.tokenFile': inside(places.token),
    ...Object.fromEntries(store.map(({ path, value }) => [path, value])),
  };
  if (values['store.kind'] === 'sqlite') values['store.path'] ??= `${values['service.dataDir']}/store.sqlite`;
  if (options.tls !== true) return values;
  for (const [section, fields] of Object.entries(tlsSections(dir, places)))
    for (const [name, value] of Object.entries(fields)) values[`${section}.${name}`] = value;
  return values;
}

async function certificateFiles(io: Io, places: Layout, options: InitOptions): Promise<PlannedFile[]> {
  // Loaded here and not above: no other command needs the library for certificates.
  const { createAuthority } = await import('./authority.ts');
  const authority = await createAuthority(io.clock, io.random);
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', ...options.host])];
  const wanted = [
    { at: places.server, holder: { name: options.name, role: 'server' as const, hosts } },
    { at: places.operator, holder: { name: 'operator', role: 'operator' as const, hosts: [] } },
    ...places.nodes.map((node) => ({
      at: node,
      holder: { name: node.name, role: 'node' as const, hosts: [] },
    })),
  ];
  const pairs = [{ at: places.ca, pem: authority as { certificate: string; key: string } }];
  for (const { at, holder } of wanted) pairs.push({ at, pem: await authority.issue(holder) });
  return pairs.flatMap(({ at, pem }) => [
    { path: at.certificate, text: pem.certificate, mode: 0o644 as const },
    { path: at.key, text: pem.key, mode: 0o600 as const },
  ]);
}
