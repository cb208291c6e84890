import type { Cursor } from '../../cursor.ts';
import { decodeCursor, encodeCursor } from '../../cursor-codec.ts';
import type { Rules } from '../../rules.ts';
import type { Effect } from '../effects.ts';
import type { EngineEvent } from '../engine-events.ts';
import { type EngineState, startedState } from '../state.ts';
import { step } from '../step.ts';

export type EffectOf<Plan, Kind extends Effect<Plan>['kind']> = Extract<
  Effect<Plan>,
  { readonly kind: Kind }
>;

/**
 * A runner whose disk is a variable. It performs effects by remembering them, and may fail to store, or die.
 */
export interface FakeNode<Plan, Round, Proposal> {
  /** All effects that were performed, restarts included. */
  readonly done: Effect<Plan>[];
  /** Give an event; returns the effects that it caused. */
  give(event: EngineEvent<Proposal>): readonly Effect<Plan>[];
  of<Kind extends Effect<Plan>['kind']>(kind: Kind): readonly EffectOf<Plan, Kind>[];
  state(): EngineState<Plan, Round>;
  stored(): Cursor | null;
  /** Lose the memory and come back with the stored cursor. */
  restart(): void;
  /** Storing fails from now on, or works again. */
  breakDisk(isBroken: boolean): void;
  /** Die after this many further effects were performed: the rest of that step is lost, and the memory. */
  dieAfter(effects: number): void;
}

export function fakeNode<Plan, Round, Proposal>(
  rules: Rules<Plan, Round, Proposal>,
): FakeNode<Plan, Round, Proposal> {
  const done: Effect<Plan>[] = [];
  const owner = { profile: rules.profile, group: rules.group };
  let disk: string | null = null;
  let isBroken = false;
  let left = Number.POSITIVE_INFINITY;
  let state = startedState<Plan, Round>(null);
  const stored = () => {
    if (disk === null) return null;
    const read = decodeCursor(owner, disk);
    if (!read.ok) throw new Error(read.why);
    return read.cursor;
  };
  const restart = () => {
    left = Number.POSITIVE_INFINITY;
    state = startedState(stored());
  };
  const give = (event: EngineEvent<Proposal>) => {
    const next = step(rules, state, event);
    const performed: Effect<Plan>[] = [];
    for (const effect of next.effects) {
      if (left === 0) {
        restart();
        return performed;
      }
      if (effect.kind === 'store-cursor') {
        if (isBroken) return performed;
        disk = encodeCursor(owner, effect.cursor);
      }
      left -= 1;
      done.push(effect);
      performed.push(effect);
    }
    state = next.state;
    return performed;
  };
  return {
    done,
    give,
    of: (kind) => done.filter((effect): effect is EffectOf<Plan, typeof kind> => effect.kind === kind),
    state: () => state,
    stored,
    restart,
    breakDisk: (broken) => {
      isBroken = broken;
    },
    dieAfter: (effects) => {
      left = effects;
    },
  };
}
