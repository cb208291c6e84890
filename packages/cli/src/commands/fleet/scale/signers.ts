import { resolve } from 'node:path';
import type { Graph } from '@watchbill/fleet';
import type { Removal } from '@watchbill/fleet-run/rollout';
import { EXIT } from '../../../process/exit.ts';
import { CliFault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { openerOf } from '../ports.ts';
import type { ScaleFlags } from './command.ts';

const ANSWER_MS = 20_000;

/** Throws unless each of these signers says that no set of the chain, of now or later, has a key that it holds. */
export async function refuseSignersInUse(
  io: Io,
  options: ScaleFlags,
  graph: Graph,
  signers: readonly string[],
): Promise<void> {
  const found = await removals(io, options, graph, signers);
  const problems = signers.flatMap((name) => {
    const removal = found.get(name) ?? { state: 'unknown' as const, why: 'it was not asked' };
    if (removal.state === 'out' || removal.state === 'absent') return [];
    const what =
      removal.state === 'in-use'
        ? `${name} is still a signer: ${removal.why}`
        : `whether ${name} is still a signer is not known: ${removal.why}`;
    const remedy =
      removal.state === 'in-use'
        ? 'rotate its keys out with `watchbill fleet keys`, let two sessions pass, and try again; the file is as it was'
        : 'see that it runs, is in step and can be asked over its loopback, or name it with --node; the file is as it was';
    return [{ what, where: name, remedy }];
  });
  if (problems.length > 0) throw new CliFault('signer-in-use', EXIT.denied, problems);
}

async function removals(
  io: Io,
  options: ScaleFlags,
  graph: Graph,
  signers: readonly string[],
): Promise<ReadonlyMap<string, Removal>> {
  const urls = { ...(await localUrls(io, options)), ...namedUrls(options.node, signers) };
  const found = new Map<string, Removal>();
  const rest: string[] = [];
  for (const name of signers) {
    const url = urls[name];
    if (url === undefined) rest.push(name);
    else found.set(name, await asked(url));
  }
  if (rest.length === 0 || options.local !== undefined) return found;
  const { liveOf } = await import('@watchbill/fleet-run/operations');
  const openTargets = await openerOf(io, options);
  const targets = await openTargets(graph.network, graph.places, false);
  try {
    const signal = AbortSignal.timeout(options.timeout * 1_000);
    const { removalsOf } = await import('@watchbill/fleet-run/rollout');
    const live = await liveOf(targets.byPlace, graph.network, signal);
    const input = { network: graph.network, targets: targets.byPlace, live, nodes: rest, signal };
    return new Map([...found, ...(await removalsOf(input))]);
  } finally {
    targets.close();
  }
}

async function asked(url: string): Promise<Removal> {
  const [{ connectNode }, { rotatedOut }] = await Promise.all([
    import('@watchbill/chain'),
    import('@watchbill/fleet-run/rollout'),
  ]);
  const node = connectNode(url, { timeoutMs: ANSWER_MS });
  try {
    return await rotatedOut(node);
  } finally {
    node.close();
  }
}

/** `NAME=URL`, or a URL alone where one signer goes. */
function namedUrls(given: readonly string[], signers: readonly string[]): Readonly<Record<string, string>> {
  const urls: Record<string, string> = {};
  for (const text of given) {
    const [, name, url] = /^(?:([a-z0-9-]+)=)?((?:ws|wss|http|https):\/\/\S+)$/.exec(text) ?? [];
    const only = signers.length === 1 ? signers[0] : undefined;
    const meant = name ?? only;
    if (url === undefined || meant === undefined)
      throw usageFault(
        `${text} does not say which node is where`,
        'write NAME=ws://127.0.0.1:9944',
        'flag --node',
      );
    if (!signers.includes(meant))
      throw usageFault(`${meant} is no signer that goes`, `one of ${signers.join(', ')}`, 'flag --node');
    urls[meant] = url;
  }
  return urls;
}

async function localUrls(io: Io, { local }: ScaleFlags): Promise<Readonly<Record<string, string>>> {
  if (local === undefined) return {};
  const { connectLocal, LocalFault } = await import('@watchbill/lab/local');
  try {
    const control = await connectLocal(resolve(io.cwd, local));
    try {
      return Object.fromEntries((await control.nodes()).map(({ name, rpcUrl }) => [name, rpcUrl]));
    } finally {
      control.close();
    }
  } catch (error) {
    if (error instanceof LocalFault) throw usageFault(error.message, error.remedy, local);
    throw error;
  }
}
