import { PackageFault } from '@watchbill/kit';
import type { Graph, Resource } from '../../graph/resource.ts';
import { type Breach, INVARIANTS } from './breach.ts';
import { keysAreNotMade } from './keys-made.ts';
import { keysAreMounted } from './keys-mounted.ts';
import { marksAreKept } from './marks-kept.ts';
import { oneByOne } from './one-by-one.ts';
import { oneSigner } from './one-signer.ts';
import { openNetwork } from './open-network.ts';
import { runsOnce } from './runs-once.ts';
import { seedsAreApart } from './seeds.ts';
import { serviceQuorum } from './service-quorum.ts';
import { unsafeRpc } from './unsafe-rpc.ts';
import { usersAreApart } from './users.ts';

const CHECKS = [
  oneSigner,
  runsOnce,
  unsafeRpc,
  openNetwork,
  seedsAreApart,
  usersAreApart,
  keysAreNotMade,
  keysAreMounted,
  marksAreKept,
  oneByOne,
  serviceQuorum,
];

/**
 * Every invariant that resources break. They are read as they will be applied; who made them does not
 * matter.
 */
export function breachesOf(resources: readonly Resource[]): readonly Breach[] {
  return CHECKS.flatMap((check) => check(resources));
}

/** A graph of ours that breaks an invariant: a defect, since the rules of the file let it through. */
export class UnsoundGraph extends PackageFault<'unsound-graph'> {
  override readonly name = 'UnsoundGraph';
  readonly breaches: readonly Breach[];
  constructor(breaches: readonly Breach[]) {
    const said = breaches.map((one) => `${one.resourceId}: ${one.what} (${INVARIANTS[one.invariant]})`);
    const remedy = 'no step was done; this is a defect of watchbill: report it with the network file';
    super('unsound-graph', said.join('; '), remedy);
    this.breaches = breaches;
  }
}

/** Throws `UnsoundGraph` if a graph breaks an invariant. */
export function assertSound({ resources }: Pick<Graph, 'resources'>): void {
  const breaches = breachesOf(resources);
  if (breaches.length > 0) throw new UnsoundGraph(breaches);
}
