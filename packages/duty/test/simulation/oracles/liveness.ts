import { KEY, SLOT_MS } from '../names.ts';
import { chainRound, chainSlot, roundText } from '../nodes/chain.ts';
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
      if (!signed.has(`${key} babe ${slot} seal`)) return missed(world, key, 'babe', String(slot), 'seal');
    // With the original wire protocol two ways of voting compete for the rounds of the second key.
    const isShared =
      key !== KEY && (world.plan.features.has('original-wire') || world.plan.features.has('scope-changes'));
    if (isShared) continue;
    const last = chainRound(toMs - SLOT_MS);
    for (let round = chainRound(fromMs) + 1n; round < last; round++)
      for (const part of ['prevote', 'precommit'])
        if (!signed.has(`${key} grandpa ${roundText(world.plan, round)} ${part}`))
          return missed(world, key, 'grandpa', roundText(world.plan, round), part);
  }
  return null;
}

/** With every answer about the unit. */
function missed(world: World, key: string, duty: string, unit: string, part: string): Violation {
  const what = `${duty} ${unit} ${part} of key ${key.slice(0, 6)} was not signed though every fault had ended`;
  const events = world.history
    .events()
    .filter(
      (event) =>
        event.kind === 'reply' &&
        event.reply.key === key &&
        event.reply.duty === duty &&
        event.reply.unit === unit,
    );
  return { promise: 'L', what, events };
}
