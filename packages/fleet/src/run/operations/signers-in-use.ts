import { connectNode } from '@watchbill/chain';
import { Fault } from '@watchbill/kit';
import type { Graph } from '../../file/index.ts';
import { type Removal, removalsOf } from '../rollout/removal.ts';
import { rotatedOut } from '../rollout/rotated-out.ts';
import type { FleetPorts } from './fleet-ports.ts';
import type { ScaleInput } from './scale.ts';
import { liveOf } from './targets.ts';

const ANSWER_MS = 20_000;

type Asking = Pick<ScaleInput, 'nodeUrls' | 'isLocal' | 'timeoutMs'>;

/**
 * Throws unless each of these signers reports that no present or later set of the chain has a key that it
 * holds.
 */
export async function refuseSignersInUse(
  ports: Pick<FleetPorts, 'openTargets'>,
  input: Asking,
  graph: Graph,
  signers: readonly string[],
): Promise<void> {
  const found = await removals(ports, input, graph, signers);
  const problems = signers.flatMap((name) => {
    const removal = found.get(name) ?? { state: 'unknown' as const, why: 'it was not asked' };
    if (removal.state === 'out' || removal.state === 'absent') return [];
    const what =
      removal.state === 'in-use'
        ? `${name} is still a signer: ${removal.why}`
        : `it is not known whether ${name} is still a signer: ${removal.why}`;
    const remedy =
      removal.state === 'in-use'
        ? 'rotate its keys out with `watchbill fleet keys`, let two sessions pass, and try again; the file was not changed'
        : 'check that it runs, is in sync and answers over its loopback, or name its address with --node; the file was not changed';
    return [{ what, where: name, remedy }];
  });
  if (problems.length > 0) throw new Fault('signer-in-use', 'denied', problems);
}

async function removals(
  { openTargets }: Pick<FleetPorts, 'openTargets'>,
  { nodeUrls, isLocal, timeoutMs }: Asking,
  graph: Graph,
  signers: readonly string[],
): Promise<ReadonlyMap<string, Removal>> {
  const urls = await nodeUrls(signers);
  const found = new Map<string, Removal>();
  const rest: string[] = [];
  for (const name of signers) {
    const url = urls[name];
    if (url === undefined) rest.push(name);
    else found.set(name, await asked(url));
  }
  if (rest.length === 0 || isLocal) return found;
  const targets = await openTargets(graph.network, graph.places, false);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const live = await liveOf(targets.byPlace, graph.network, signal);
    const input = { network: graph.network, targets: targets.byPlace, live, nodes: rest, signal };
    return new Map([...found, ...(await removalsOf(input))]);
  } finally {
    targets.close();
  }
}

async function asked(url: string): Promise<Removal> {
  const node = connectNode(url, { timeoutMs: ANSWER_MS });
  try {
    return await rotatedOut(node);
  } finally {
    node.close();
  }
}
