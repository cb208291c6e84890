import {
  type Bounds,
  type Ceiling,
  compareUnits,
  type Duty,
  NO_BASE,
  type Policy,
  type Unit,
} from '../index.ts';
import { samplePolicy } from './samples.ts';
import type { Step } from './sequences.ts';
import type { SlowWorld } from './slow-specification.ts';

/** Between the plain numbers of the specification and the values of the rule under test. */
export type Circumstance = Exclude<Step, { do: 'claim' | 'ceiling' | 'watch' | 'adopt' }>;

/** Place in the order to unit; the last field holds four places, so that the one before it moves too. */
export function unitAt(duty: Duty, place: number): Unit {
  if (duty.fields.length === 1) return [BigInt(place) + 100n];
  // Block numbers continue across sets; rounds begin again.
  const inner = duty.fields.at(-1)?.name === 'block' ? place : place % 4;
  const unit = [BigInt(Math.floor(place / 4)), BigInt(inner)];
  return duty.fields.length === 2 ? unit : [7n, ...unit];
}

export function placeOf(duty: Duty, unit: Unit | null): number {
  for (let place = 0; unit !== null && place < 1_000; place++)
    if (compareUnits(unitAt(duty, place), unit) === 0) return place;
  return -1;
}

export function ceilingAt(duty: Duty, place: number | null): Ceiling {
  if (place === null) return { kind: 'unknown', why: 'no report' };
  return { kind: 'at', highest: [unitAt(duty, place)] };
}

export function boundsOf(duty: Duty, world: SlowWorld): Bounds {
  const { ceiling, lowest, base } = world;
  return {
    ceiling: ceilingAt(duty, ceiling),
    lowest: lowest === null ? null : unitAt(duty, lowest),
    base:
      base === null
        ? NO_BASE
        : base === 'unknown'
          ? { kind: 'unknown', why: 'no report since the opening' }
          : { kind: 'at', highest: [unitAt(duty, base)] },
  };
}

/** The policy that the specification follows now. */
export function policyOf({ enabled, digestRequired, window, roster, roundScope }: SlowWorld): Policy {
  const originalWire = { ...samplePolicy().originalWire, roundScope };
  return samplePolicy(
    { roster: roster.map((name, rank) => ({ name, rank })), originalWire },
    { enabled, digestRequired, window },
  );
}

/**
 * A change of circumstances that concerns neither the mark nor the watch. `placeAt` counts from the highest
 * unit.
 */
export function changeWorld(world: SlowWorld, step: Circumstance, placeAt: (ahead: number) => number): void {
  if (step.do === 'lowest') world.lowest = step.ahead === null ? null : placeAt(step.ahead);
  else if (step.do === 'base') world.base = typeof step.ahead === 'number' ? placeAt(step.ahead) : step.ahead;
  else if (step.do === 'window') world.window = step.window;
  else if (step.do === 'roster') world.roster = step.roster;
  else if (step.do === 'switch') world.enabled = step.enabled;
  else if (step.do === 'digest') world.digestRequired = step.required;
  else if (step.do === 'recover') world.epoch++;
  else world.roundScope = step.roundScope;
}
