import { KEY, SLOT_MS } from '../names.ts';
import { chainRound, chainSlot, inSet } from '../nodes/chain.ts';
import type { World } from '../world/world.ts';
import type { Violation } from './oracle.ts';

/**
 * L: once every fault has ended and the operator has done what is needed, each unit that falls due is
 * granted and signed. Judged over the units that began and ended between the two moments.
 */
export function missedUnit(world: World, fromMs: number, toMs: number): Violation | null {
  const signed = new Set<string>();
  for (const event of world.history.events())
    if (event.kind === 'release') signed.add(`${event.key} ${event.duty} ${event.unit} ${event.part}`);
  for (const key of world.keys) {
    for (let slot = chainSlot(fromMs) + 1n; slot < chainSlot(toMs); slot++)
      if (!signed.has(`${key} babe ${slot} seal`)) return missed(key, `slot ${slot}`);
    // With the original wire protocol two ways of voting compete for the rounds of the second key.
    const isShared =
      key !== KEY && (world.plan.features.has('original-wire') || world.plan.features.has('scope-changes'));
    if (isShared) continue;
    const last = chainRound(toMs - SLOT_MS);
    for (let round = chainRound(fromMs) + 1n; round < last; round++)
      for (const part of ['prevote', 'precommit'])
        if (!signed.has(`${key} grandpa ${inSet(round)} ${part}`))
          return missed(key, `the ${part} of round ${round}`);
  }
  return null;
}

function missed(key: string, unit: string): Violation {
  const what = `${unit} of key ${key.slice(0, 6)} was not signed though every fault had ended`;
  return { promise: 'L', what, events: [] };
}
