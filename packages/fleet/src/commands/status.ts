import { sameJson, table } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { Graph, PlaceState, Resource } from '../file/index.ts';
import type { IdentifiedTarget } from '../run/apply/index.ts';
import { addTargetOptions, openerOf, type TargetFlags } from './command-ports.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';

interface StatusFlags extends TargetFlags {
  readonly file: string;
  readonly timeout: number;
  readonly json?: boolean;
}

/** One resource as it is. */
interface Row {
  readonly id: string;
  readonly declared: 'as declared' | 'differs' | 'missing' | 'not ours' | 'conflict' | 'not known';
  readonly health: string;
  readonly detail: string;
}

/** Kinds that start processes; the others are healthy when they are there. */
const WITH_PROCESSES = new Set(['StatefulSet', 'Deployment', 'unit']);

/** `fleet nodes status`: compares the network file with the running network, and checks health. */
export function addFleetStatus(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('status')
    .description('show whether every declared object is there and healthy; read-only');
  addTargetOptions(command)
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--timeout <seconds>', 'longest time to read all places', secondsFlag('--timeout'), 300)
    .option('--json', 'print JSON')
    .action(async (options: StatusFlags) => exit(await status(io, options)));
  withExamples(withStatuses(command, { denied: 'a declared object is missing or unhealthy' }), [
    'watchbill fleet nodes status',
    'watchbill fleet nodes status --json',
  ]);
}

async function status(io: Io, options: StatusFlags): Promise<ExitCode> {
  const { graph } = await readGraph(io, options.file);
  const openTargets = await openerOf(io, options);
  const targets = await openTargets(graph.network, graph.places, false);
  try {
    const signal = AbortSignal.timeout(options.timeout * 1_000);
    const all = [...targets.byPlace.values()].map((target) => rowsOf(graph, target, signal));
    const rows = (await Promise.all(all)).flat();
    print(io, options.json, { network: graph.network, resources: rows }, () => text(graph.network, rows));
    return rows.every(isWell) ? EXIT.ok : EXIT.denied;
  } finally {
    targets.close();
  }
}

async function rowsOf(graph: Graph, target: IdentifiedTarget, signal: AbortSignal): Promise<readonly Row[]> {
  const own = graph.resources.filter(({ place }) => place === target.place.name);
  const read = await target.read(graph.network, own, [], signal);
  if (!read.ok) {
    const { placeFault } = await import('../run/operations/index.ts');
    throw placeFault(read.place, read.reason, read.detail);
  }
  return Promise.all(own.map((resource) => rowOf(resource, graph.network, read.state, target, signal)));
}

async function rowOf(
  resource: Resource,
  network: string,
  state: PlaceState,
  target: IdentifiedTarget,
  signal: AbortSignal,
): Promise<Row> {
  const { id, kind } = resource;
  const [declared, detail] = compared(resource, network, state);
  if (declared === 'missing' || !WITH_PROCESSES.has(kind)) return { id, declared, health: '', detail };
  const health = await target.health(id, signal);
  const why = 'detail' in health ? health.detail : '';
  return { id, declared, health: health.state, detail: [detail, why].filter((one) => one !== '').join('; ') };
}

function compared(
  { id, lifecycle }: Resource,
  network: string,
  state: PlaceState,
): readonly [Row['declared'], string] {
  const live = state.live.get(id);
  if (live === undefined) return ['missing', ''];
  // The namespace that a person made for the Secrets, for example.
  if (lifecycle === 'create-once' && live.network !== network)
    return ['as declared', 'made by another tool; never changed or removed'];
  if (live.network !== network) return ['not ours', ''];
  const proposal = state.proposals.get(id);
  if (proposal === undefined) return ['not known', ''];
  if (!proposal.ok) return [proposal.reason === 'conflict' ? 'conflict' : 'not known', proposal.detail];
  return [sameJson(live.body, proposal.body) ? 'as declared' : 'differs', ''];
}

function isWell({ declared, health }: Row): boolean {
  return declared === 'as declared' && (health === '' || health === 'healthy');
}

function text(network: string, rows: readonly Row[]): string {
  const bad = rows.filter((row) => !isWell(row)).length;
  const end =
    bad === 0 ? 'everything is as declared and healthy' : `${bad} of ${rows.length} are missing or unhealthy`;
  return [
    table(
      ['resource', 'declared', 'health', 'detail'],
      rows.map(({ id, declared, health, detail }) => [id, declared, health, detail]),
    ),
    lines([`network ${network}: ${end}`]),
  ].join('');
}
