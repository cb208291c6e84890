import { nearest, table, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Network, ServiceMember } from '../file/index.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';

interface ExplainFlags {
  readonly file: string;
  readonly setting?: string;
  readonly json?: boolean;
}

/** `fleet file explain`: every setting of a node, a pool or the service, and where its value comes from. */
export function addFleetExplain(parent: Command, context: Context): void {
  const command = parent
    .command('explain')
    .description('show every setting of a node, a pool or the service, and where its value comes from')
    .argument('[name]', 'a pool, a node or the service (default: list them all)')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--setting <path>', 'only this setting and the ones below it: storage, storage.chainGiB')
    .option('--json', 'print JSON')
    .action((name: string | undefined, options: ExplainFlags) => explainCommand(context, name, options));
  withExamples(command, [
    'watchbill fleet file explain',
    'watchbill fleet file explain validators',
    'watchbill fleet file explain validators-main-0 --setting storage',
    'watchbill fleet file explain rpc --json',
  ]);
}

async function explainCommand(
  { io }: Context,
  name: string | undefined,
  options: ExplainFlags,
): Promise<void> {
  const { explain, explainable } = await import('../file/index.ts');
  const { network, graph } = await readGraph(io, options.file);
  if (name === undefined) {
    listAll(io, network, graph.digest, options.json);
    return;
  }
  const found = explain(network, name, options.file);
  if (found === null) {
    const near = nearest(name, explainable(network));
    const remedy = near === null ? 'see the list: watchbill fleet file explain' : `did you mean ${near}?`;
    throw usageFault(`the network has no pool, no node and no service ${name}`, remedy, options.file);
  }
  const only = options.setting;
  const settings = found.settings.filter(
    ({ path }) => only === undefined || path === only || path.startsWith(`${only}.`),
  );
  if (settings.length === 0) {
    const names = [...new Set(found.settings.flatMap(({ path }) => [path, path.split('.')[0] ?? '']))];
    const near = nearest(only ?? '', names);
    const remedy = near === null ? 'leave --setting out to see all' : `did you mean ${near}?`;
    throw usageFault(`${name} has no setting ${only}`, remedy, 'flag --setting');
  }
  print(io, options.json, { ...found, settings }, () =>
    [
      lines([
        `${[`${found.kind} ${found.name}`, ...(found.role === null ? [] : [found.role]), `at ${found.places.join(', ')}`].join(', ')}`,
        '',
      ]),
      table(
        ['setting', 'value', 'from'],
        settings.map(({ path, value, from }) => [path, valueText(value), from]),
      ),
    ].join(''),
  );
}

/** Every pool with its nodes, and the service with its addresses. */
function listAll(io: Io, network: Network, digest: string, json: boolean | undefined): void {
  const pools = network.pools.map((pool) => ({
    name: pool.name,
    role: pool.role,
    places: Object.fromEntries(pool.places),
    nodes: pool.nodes.map((node) => node.name),
  }));
  const { service } = network;
  const services = service === null ? [] : [{ name: service.name, members: service.members }];
  print(io, json, { network: network.name, digest, pools, services }, () =>
    [
      ...(pools.length === 0 ? [] : [`${poolTable(pools)}\n`]),
      ...services.map(({ name: of, members }) => `${serviceTable(of, members)}\n`),
      lines(['explain one: watchbill fleet file explain NAME']),
    ].join(''),
  );
}

interface ListedPool {
  readonly name: string;
  readonly role: string;
  readonly places: Readonly<Record<string, number>>;
  readonly nodes: readonly string[];
}

function poolTable(pools: readonly ListedPool[]): string {
  return table(
    ['pool', 'role', 'where', 'nodes'],
    pools.map(({ name, role, places, nodes }) => [name, role, placesText(places), namesText(nodes)]),
  );
}

function serviceTable(name: string, members: readonly ServiceMember[]): string {
  return table(
    ['service', 'member', 'where', 'address'],
    members.map((member) => [name, member.name, member.place, member.url]),
  );
}

function placesText(places: Readonly<Record<string, number>>): string {
  return Object.entries(places)
    .map(([place, count]) => `${place}: ${count}`)
    .join(', ');
}

function namesText(names: readonly string[]): string {
  if (names.length <= 3) return names.join(', ');
  return `${names[0]} … ${names.at(-1)}`;
}

function valueText(value: unknown): string {
  const text = value === null ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 72 ? `${text.slice(0, 71)}…` : text;
}
