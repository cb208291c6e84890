import type { Graph, Resource } from '../../graph/resource.ts';
import { type Breach, INVARIANTS } from './breach.ts';
import { keysAreNotMade } from './keys-made.ts';
import { oneByOne } from './one-by-one.ts';
import { oneSigner } from './one-signer.ts';
import { openNetwork } from './open-network.ts';
import { runsOnce } from './runs-once.ts';
import { seedsAreApart } from './seeds.ts';
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
  oneByOne,
];

/** Every invariant that resources break. They are read as they will be applied; who made them does not matter. */
export function breachesOf(resources: readonly Resource[]): readonly Breach[] {
  return CHECKS.flatMap((check) => check(resources));
}

/** A graph of ours that breaks an invariant: a defect, since the rules of the file let it through. */
export class UnsoundGraph extends Error {
  readonly code = 'unsound-graph';
  readonly remedy = 'no step was done; this is a defect of watchbill: report it with the network file';
  readonly breaches: readonly Breach[];
  constructor(breaches: readonly Breach[]) {
    super(
      breaches
        .map(({ invariant, resourceId, what }) => `${resourceId}: ${what} (${INVARIANTS[invariant]})`)
        .join('; '),
    );
    this.name = 'UnsoundGraph';
    this.breaches = breaches;
  }
}

/** Throws `UnsoundGraph` if a graph breaks an invariant. */
export function assertSound({ resources }: Pick<Graph, 'resources'>): void {
  const breaches = breachesOf(resources);
  if (breaches.length > 0) throw new UnsoundGraph(breaches);
}
