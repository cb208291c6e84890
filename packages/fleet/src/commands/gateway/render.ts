import { dirname, relative } from 'node:path';
import { counted, kubectlLine, nearest, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { newFolder, writeFolder } from '@watchbill/kit/command/new-folder';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Network } from '../../file/index.ts';
import type { GatewayRoute, RenderedGateway, RenderedGateways } from '../../gateway/index.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';

interface RenderFlags {
  readonly file: string;
  readonly place?: string;
  readonly pool?: string;
  readonly out: string;
  readonly image?: string;
  readonly program: string;
  readonly route?: string;
  readonly hostname?: readonly string[];
  readonly clusterDomain: string;
  readonly json?: boolean;
}

/** `services gateway render`: writes the files that run gateways before the RPC nodes of a network file. */
export function addGatewayRender(parent: Command, { io }: Context): void {
  const command = parent
    .command('render')
    .description(
      'write files that run a gateway for each pool of RPC and archive nodes, place by place: its settings, and objects for a cluster or a unit for a machine. The files are not installed',
    )
    .option('--file <file>', 'network file: the gateways forward calls to its nodes', NETWORK_FILE)
    .option('--place <name>', 'only this cluster or machine')
    .option('--pool <name>', 'only this pool')
    .option('--image <image>', 'for clusters: image with Node and watchbill, by digest')
    .option('--route <gateway>', 'for clusters: NAMESPACE/NAME of the Gateway that leads callers to it')
    .option('--hostname <names...>', 'host name that callers use; needs --route')
    .option('--program <path>', 'for machines: path of the watchbill program', '/usr/local/bin/watchbill')
    .option(
      '--cluster-domain <domain>',
      'for clusters: domain in which the names of pods end',
      'cluster.local',
    )
    .option('--out <folder>', 'new folder', 'gateways')
    .option('--json', 'print JSON')
    .action((options: RenderFlags) => render(io, options));
  withExamples(command, [
    'watchbill fleet services gateway render --file network.yaml --place iron --out gateways',
    'watchbill fleet services gateway render --file network.yaml --pool rpc --image registry.example/watchbill@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef --route gateways/public --hostname rpc.example.org',
  ]);
}

async function render(io: Io, options: RenderFlags): Promise<void> {
  const { renderGateways } = await import('../../gateway/index.ts');
  const { network, file } = await readGraph(io, options.file);
  const { place = null, pool = null, image = null, program, clusterDomain } = options;
  checkFlags(network, options);
  const choice = { place, pool, image, program, clusterDomain, route: routeOf(options) };
  const rendered = renderGateways(network, choice);
  refuse(rendered, file);
  const folder = newFolder(io, options.out);
  const texts = new Map(rendered.gateways.flatMap(({ files }) => [...files]));
  writeFolder(folder, texts);
  const shown = relative(io.cwd, folder);
  const { gateways, leftOut } = rendered;
  const made = gateways.map(({ files, ...one }) => ({ ...one, files: [...files.keys()] }));
  print(io, options.json, { folder, gateways: made, leftOut }, () =>
    lines([
      ...gateways.flatMap((one) => gatewayLines(network, one, shown)),
      ...leftOut.map((one) => `left out: ${one.pool} in ${one.place}: ${one.why}`),
    ]),
  );
}

const DIGEST = /^[^\s@]+@sha256:[0-9a-f]{64}$/;
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const ROUTE = new RegExp(`^(${LABEL})/(${LABEL}([.]${LABEL})*)$`);
const HOSTNAME = new RegExp(`^([*][.])?${LABEL}([.]${LABEL})*$`);

function checkFlags(network: Network, options: RenderFlags): void {
  known('place', options.place, [...network.places.keys()]);
  known(
    'pool',
    options.pool,
    network.pools.map(({ name }) => name),
  );
  const { image, clusterDomain, program, hostname = [] } = options;
  if (image !== undefined && !DIGEST.test(image))
    throw usageFault(
      `${image} may point to another image later`,
      'name it by digest: NAME@sha256:…, as in `docker buildx imagetools inspect`',
      'flag --image',
    );
  if (!HOSTNAME.test(clusterDomain))
    throw usageFault(
      `${clusterDomain} is not a domain`,
      'write it as cluster.local',
      'flag --cluster-domain',
    );
  if (!/^\/[^\s]+$/.test(program))
    throw usageFault(
      `${program} is not an absolute path`,
      'write it as /usr/local/bin/watchbill',
      'flag --program',
    );
  const wrong = hostname.find((name) => !HOSTNAME.test(name));
  if (wrong !== undefined)
    throw usageFault(`${wrong} is not a host name`, 'write it as rpc.example.org', 'flag --hostname');
}

function known(what: 'place' | 'pool', name: string | undefined, names: readonly string[]): void {
  if (name === undefined || names.includes(name)) return;
  const near = nearest(name, names);
  const remedy = near === null ? `it has: ${names.join(', ')}` : `did you mean ${near}?`;
  throw usageFault(`the network has no ${what} ${name}`, remedy, `flag --${what}`);
}

function routeOf({ route, hostname = [] }: RenderFlags): GatewayRoute | null {
  const [, namespace = '', , name = ''] = ROUTE.exec(route ?? '') ?? [];
  if ((route === undefined) !== (hostname.length === 0))
    throw usageFault(
      'a route needs a Gateway and its host names',
      'name both: --route NAMESPACE/NAME --hostname rpc.example.org',
      route === undefined ? 'flag --hostname' : 'flag --route',
    );
  if (route === undefined) return null;
  if (name === '')
    throw usageFault(`${route} is not a Gateway`, 'write it as NAMESPACE/NAME', 'flag --route');
  return { namespace, name, hostnames: hostname };
}

function refuse({ problem, gateways, leftOut }: RenderedGateways, file: string): void {
  if (problem === 'image')
    throw usageFault(
      'in a cluster the gateway runs from an image',
      'name one with Node and watchbill by digest: --image NAME@sha256:…; see `watchbill docs rpc-gateway`',
      'flag --image',
    );
  if (problem === 'two-of-a-route')
    throw usageFault(
      'two pools of one cluster would get the same names',
      'choose one with --pool; for the other, add --pool and change the names in its files',
      'flag --route',
    );
  if (problem === 'route-to-a-machine')
    throw usageFault(
      'no chosen place is a cluster, so there is no Gateway',
      'leave --route out',
      'flag --route',
    );
  if (gateways.length > 0) return;
  const [first] = leftOut;
  throw usageFault(
    first === undefined
      ? 'there is no pool of RPC or archive nodes'
      : `no pool can have a gateway: ${first.pool} in ${first.place}: ${first.why}`,
    first === undefined ? 'add one with `role: rpc`' : 'correct the network file, apply it, and render again',
    file,
  );
}

function gatewayLines(network: Network, one: RenderedGateway, folder: string) {
  const { place, pool, nodes, files, settings, secret } = one;
  const cluster = network.places.get(place);
  const context = cluster?.target === 'kubernetes' ? cluster.context : null;
  const key = `watchbill fleet services gateway key --config ${folder}/${settings} --name NAME --tier partner --out NAME.key`;
  const beside = `${folder}/${dirname(settings)}`;
  const keyFiles = ['gateway.yaml', 'gateway-keys.json'].map((name) => `--from-file=${beside}/${name}`);
  return [
    `${pool} in ${place}: a gateway before ${counted(nodes, 'node')}`,
    ...[...files.keys()].map((path) => `  ${folder}/${path}`),
    `  next: ${key}`,
    ...(secret === null
      ? []
      : [
          `  then: ${kubectlLine({ context, namespace: secret.namespace }, 'create', 'secret', 'generic', secret.name, ...keyFiles)}`,
          `  then: ${kubectlLine({ context }, 'apply', '--server-side', '-f', `${beside}/objects.yaml`)}`,
        ]),
  ];
}
