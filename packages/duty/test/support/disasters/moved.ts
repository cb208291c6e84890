// The page on moves, followed from one kind of store to another.

import assert from 'node:assert/strict';
import { freePort } from '@watchbill/testkit';
import { type FollowOptions, followPage } from '@watchbill/testkit/pages/follow';
import { startWorld, type World, type WorldSetup } from '@watchbill/testkit/pages/world';

export const MOVED_PAGE = 'docs/duty/how-to/change-ledger.md#the-cluster-moved';
/** The new service of the page. */
export const NEW_BOX = 'new1';
/** Parts of the page for a ledger with several services, and for one with a single service. */
export const SEVERAL_SERVICES = '2. Export the old ledger';
export const ONE_SERVICE = 'A single service';

/** A ledger with services that grant, and the page to follow from there. */
export interface Move {
  readonly world: World;
  /** Follows the page, and gives both nodes the tokens of the new ledger. */
  follow(options?: Partial<FollowOptions>): Promise<void>;
}

/**
 * @param setup the old ledger
 * @param options what the page has to be changed in for its new store, and the parts to leave out
 */
export async function startMove(setup: WorldSetup, options: FollowOptions): Promise<Move> {
  const world = await startWorld('moved', setup);
  const port = await freePort();
  return {
    world,
    async follow(more = {}) {
      const table = [...options.table, ['8461', String(port), 'a free port'] as const];
      await followPage(world, MOVED_PAGE, { ...options, ...more, table });
      world.ports.set(NEW_BOX, port);
      world.newTokens();
    },
  };
}

/** After the page the new service grants due units, and none that the old ledger granted. */
export async function moveAll({ world, follow }: Move, boxes: readonly string[]): Promise<void> {
  for (const box of boxes) await world.grant(box);
  await follow();
  const before = world.granted.length;
  await world.neverTwice([NEW_BOX]);
  await world.grant(NEW_BOX);
  assert.equal(world.granted.length, before + 1);
  await world.neverTwice([NEW_BOX]);
}
