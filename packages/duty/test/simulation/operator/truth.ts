import { compareUnits, DUTIES, formatUnit, parseUnit, type Unit } from '@watchbill/duty/rule';
import type { RollbackReportView } from '@watchbill/duty/service';
import { beefyBlock, chainRound, chainSession, chainSlot, roundUnit } from '../nodes/chain.ts';
import type { World } from '../world/world.ts';

/** The unit of a text, and of the duty with that name. */
export function unitOf(duty: string, text: string): Unit {
  const fields = DUTIES.find(({ name }) => name === duty)?.fields ?? [];
  const parsed = parseUnit(fields, text);
  if (!parsed.ok) throw new Error(`${text} is not a unit of ${duty}: ${parsed.why}`);
  return parsed.unit;
}

const MARGIN = 2n;

/** Where the chain is now, with a margin: above whatever a node may have signed. */
function chainUnits({ plan }: World, nowMs: number): Readonly<Record<string, Unit>> {
  const round = chainRound(nowMs);
  return {
    babe: [chainSlot(nowMs) + 1n],
    grandpa: roundUnit(plan, round + MARGIN),
    beefy: [roundUnit(plan, round + MARGIN)[0], beefyBlock(nowMs) + MARGIN],
    'im-online': [chainSession(nowMs)],
  };
}

/**
 * Floors at or above all that was ever granted for a key, as an operator reads them off nodes that are
 * stopped.
 */
export function rightFloors(world: World, key: string): Record<string, string> {
  const floors = { ...chainUnits(world, world.clock.nowMs()) };
  for (const event of world.history.events()) {
    if (event.kind !== 'reply' || event.reply.key !== key || event.reply.outcome !== 'granted') continue;
    const { duty, unit } = event.reply;
    const said = unitOf(duty, unit);
    const highest = floors[duty];
    if (highest === undefined || compareUnits(said, highest) > 0) floors[duty] = said;
  }
  return formatAll(floors);
}

/** The floors of a key that never signed. */
export const NEVER_SIGNED = { babe: null, grandpa: null, beefy: null, 'im-online': null } as const;

const PAST_MS = 6_000;

/** Where the chain was some rounds ago: marks hold units above such floors. */
export function pastFloors(world: World): Record<string, string> {
  return formatAll(chainUnits(world, world.clock.nowMs() - PAST_MS));
}

function formatAll(units: Readonly<Record<string, Unit>>): Record<string, string> {
  return Object.fromEntries(Object.entries(units).map(([duty, unit]) => [duty, formatUnit(unit)]));
}

/** Right floors, except that of the duty of a held report, which lies just below its highest unit. */
export function lowFloors(world: World, { key, duty, point }: RollbackReportView): Record<string, string> {
  const unit = unitOf(duty, point?.top ?? '');
  const below = unit.with(-1, (unit.at(-1) ?? 1n) - 1n);
  return { ...rightFloors(world, key), [duty]: formatUnit(below) };
}
