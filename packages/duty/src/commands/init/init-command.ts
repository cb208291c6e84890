import { dirname, join, relative, resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, type PlannedFile, refuseExisting } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { atMostOne, needs } from '@watchbill/kit/command/rules';
import { folder, type Read, Refusal, read, repeated, text, yes } from '@watchbill/kit/command/shapes';
import { givenByStoreUrl } from '../../config/store-url.ts';
import { setAt } from '../../config/tree.ts';
import type { Holder, KeyPairPem } from './authority.ts';
import { initGuard } from './guard-unit.ts';
import { type Layout, layout } from './layout.ts';
import { isPublic, MACHINE, machineFiles, makePublicFolders } from './machine.ts';
import { madeText, nextSteps, tlsSteps } from './next-steps.ts';
import { commentedYaml } from './yaml.ts';

const NAME_RULE = 'letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit';

function name(of: string): Read<string> {
  const isName = (given: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(given);
  return read('name', (given) =>
    isName(given) ? given : new Refusal(`the ${of} name is not usable`, `use ${NAME_RULE}`),
  );
}

const HOST: Read<string> = read('name', (given) =>
  /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$|^[0-9a-fA-F:]+$/.test(given)
    ? given
    : new Refusal('a host is not a host name or an address', 'give it without port and scheme'),
);

const flags = {
  dir: flag(folder().default('.'), 'folder for the new files'),
  name: flag(name('service').default('watchbill'), 'name of this service for people'),
  store: flag(
    text('url').optional(),
    'sqlite:PATH, or etcd:// or tikv:// with HOST:PORT,HOST:PORT/PREFIX (default: sqlite in the data folder)',
  ),
  tls: flag(yes(), 'make a certificate authority and certificates for the service and an operator'),
  certificates: flag(yes(), 'make only the certificates, for an existing configuration'),
  host: flag(repeated(HOST), 'another host name or address of the service for its certificate (repeat)'),
  node: flag(repeated(name('node')), 'also make a client certificate for this node (repeat)'),
  systemd: flag(
    yes(),
    'also write hardened units for systemd; the folder is /etc/watchbill unless --dir names it',
  ),
  observe: flag(
    text('url').default('ws://127.0.0.1:9944'),
    'with --systemd: RPC of the node that the observer reads',
  ),
  guard: flag(
    text('user').optional(),
    'with --systemd: write only the unit of a guard, which runs the node as this user',
  ),
  basePath: flag(folder().default('/var/lib/polkadot'), 'with --guard: folder of the node'),
  root: flag(folder().default('/'), 'with --systemd: write below this folder, for example to build an image'),
  json: flag(yes(), 'print JSON'),
};
export type InitOptions = OptionsOf<typeof flags>;

/** `init`: everything a first service needs, in one folder. */
export const init = command({
  flags,
  rules: [
    atMostOne('certificates', 'tls'),
    atMostOne('certificates', 'store'),
    atMostOne('systemd', 'certificates'),
    needs('guard', 'systemd'),
    needs('root', 'systemd'),
    needs('node', 'tls', 'certificates'),
    needs('host', 'tls', 'certificates'),
  ],
  examples: [
    'watchbill init',
    'watchbill init --dir /etc/watchbill --tls --host sentry.example --node alpha --node bravo',
    'watchbill init --systemd --observe ws://sentry.example:9944',
    'watchbill init --systemd --guard polkadot --base-path /var/lib/polkadot',
    'watchbill init --certificates --host sentry.example --node alpha   # later, in the folder of the first time',
    'watchbill init --store etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/watchbill',
  ],
  run: ({ io }, options) => makeService(io, options),
});

const NEW_LEDGER_TEXT =
  'This folder is new. `watchbill serve` refuses an empty data folder beside secrets/: its disk may be lost.\n';

async function makeService(io: Io, options: InitOptions): Promise<void> {
  const twice = options.node.find((node, index) => options.node.indexOf(node) !== index);
  if (twice !== undefined) throw usageFault(`node ${twice} is named twice`, 'name it once', 'flag --node');
  const onMachine = options.systemd;
  if (options.guard !== undefined) return initGuard(io, options.guard, options);
  const dir = onMachine && options.dir === '.' ? MACHINE.dir : resolve(io.cwd, options.dir);
  const places = onMachine ? { ...layout(dir, options.node), ...MACHINE } : layout(dir, options.node);
  if (options.certificates) return initCertificates(io, dir, places, options);
  const values = settings(dir, places, options);
  const token = Buffer.from(io.random.bytes(32)).toString('base64url');
  const files: PlannedFile[] = [
    { path: places.config, text: commentedYaml(values), mode: 0o644 },
    { path: places.token, text: `${token}\n`, mode: 0o600 },
    ...(options.tls ? await certificateFiles(io, places, options) : []),
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
  const shown = onMachine ? made : made.map((path) => relative(io.cwd, path) || path);
  print(io, options.json, { made, next: steps }, () => madeText(shown, steps));
}

/**
 * The certificates of `--tls`, and the settings that name them. An existing configuration belongs to its
 * owner, so `init` never changes it.
 */
async function initCertificates(io: Io, dir: string, places: Layout, options: InitOptions): Promise<void> {
  const { yamlText } = await import('@watchbill/kit/command/yaml-text');
  const files = await certificateFiles(io, places, options);
  refuseExisting(files.map(({ path }) => path));
  carryOut({ folders: [], files });
  const made = files.map(({ path }) => path);
  const sections = {};
  for (const [path, value] of Object.entries(tlsSettings(dir, places)))
    setAt(sections, path.split('.'), value);
  const lines = yamlText(sections);
  const steps = [
    `put these lines into ${relative(io.cwd, places.config) || places.config}, in its sections:\n${lines.replace(/^(?=.)/gm, '       ').trimEnd()}`,
    'check it: watchbill config check; then restart the service',
    ...tlsSteps(places, { ...options, tls: true }),
  ];
  const shown = made.map((path) => relative(io.cwd, path) || path);
  print(io, options.json, { made, lines, next: steps.slice(1) }, () => madeText(shown, steps));
}

/** The settings that name the certificates, by field path. */
function tlsSettings(dir: string, { ca, server, operator }: Layout): Readonly<Record<string, string>> {
  const inside = (path: string) => relative(dir, path);
  return {
    'tls.certFile': inside(server.certificate),
    'tls.keyFile': inside(server.key),
    'tls.clientCaFile': inside(ca.certificate),
    'operator.caFile': inside(ca.certificate),
    'operator.certFile': inside(operator.certificate),
    'operator.keyFile': inside(operator.key),
  };
}

function settings(dir: string, places: Layout, options: InitOptions): Record<string, unknown> {
  const inside = (path: string) => relative(dir, path);
  const given = options.store === undefined ? [] : givenByStoreUrl(options.store);
  const store = given.length > 0 ? given : [{ path: 'store.kind', value: 'sqlite' }];
  return {
    'service.name': options.name,
    'service.dataDir': options.systemd ? places.data : inside(places.data),
    'operator.tokenFile': inside(places.token),
    ...Object.fromEntries(store.map(({ path, value }) => [path, value])),
    ...(options.tls ? tlsSettings(dir, places) : {}),
  };
}

async function certificateFiles(io: Io, places: Layout, options: InitOptions): Promise<PlannedFile[]> {
  // Loaded here and not above: no other command needs the library for certificates.
  const { createAuthority } = await import('./authority.ts');
  const authority = await createAuthority(io.clock, io.random);
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', ...options.host])];
  const wanted: readonly (Holder & { readonly at: Layout['ca'] })[] = [
    { at: places.server, name: options.name, role: 'server', hosts },
    { at: places.operator, name: 'operator', role: 'operator', hosts: [] },
    ...places.nodes.map((at) => ({ at, name: at.name, role: 'node' as const, hosts: [] })),
  ];
  const pairs: { at: Layout['ca']; pem: KeyPairPem }[] = [{ at: places.ca, pem: authority }];
  for (const { at, ...holder } of wanted) pairs.push({ at, pem: await authority.issue(holder) });
  return pairs.flatMap(({ at, pem }) => [
    { path: at.certificate, text: pem.certificate, mode: 0o644 as const },
    { path: at.key, text: pem.key, mode: 0o600 as const },
  ]);
}
