import type { Cursor } from '../cursor.ts';
import { decodeCursor, encodeCursor } from '../cursor-codec.ts';
import { type EngineState, startedState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import type { QuorumRound } from '../quorum/round.ts';
import type { QuorumRules } from '../quorum/rules.ts';
import type { MemberDisk } from './member-disk.ts';
import { type MemberPorts, perform, type QuorumEvent } from './member-ports.ts';

export type MemberState = EngineState<QuorumPlan, QuorumRound>;

/** The process of a member: the real engine, which may crash between any two effects. */
export interface MemberProcess {
  isUp(): boolean;
  /** Counts starts and crashes, so that requests from before a crash get no answer after it. */
  life(): number;
  state(): MemberState;
  give(event: QuorumEvent): void;
  /** It ends after this many further effects. */
  crashAfter(effects: number): void;
  crash(): void;
  start(rules: QuorumRules): void;
}

const RETRY_MS = 2_000;
const PORT_MS: readonly [number, number] = [20, 400];

export function memberProcess(disk: MemberDisk, ports: MemberPorts): MemberProcess {
  const { later, prng } = ports;
  /** Null while the process is down. */
  let running: QuorumRules | null = null;
  let life = 0;
  let left = Number.POSITIVE_INFINITY;
  let state: MemberState = startedState(null);

  const crash = () => {
    running = null;
    life += 1;
    left = Number.POSITIVE_INFINITY;
    disk.crash();
  };
  const answer = (event: QuorumEvent, delayMs = prng.between(...PORT_MS)) => {
    const asked = life;
    later.after(delayMs, () => {
      if (life === asked) give(event);
    });
  };
  const give = (event: QuorumEvent) => {
    const rules = running;
    if (rules === null) return;
    const next = step(rules, state, event);
    for (const effect of next.effects) {
      if (left === 0) {
        crash();
        return;
      }
      left -= 1;
      if (effect.kind !== 'store-cursor') perform(ports, effect, answer);
      else if (!disk.store(encodeCursor(ownerOf(rules), effect.cursor))) {
        answer(event, RETRY_MS);
        return;
      }
    }
    state = next.state;
  };
  return {
    isUp: () => running !== null,
    life: () => life,
    state: () => state,
    give,
    crashAfter: (effects) => {
      left = effects;
    },
    crash: () => {
      if (running !== null) crash();
    },
    start: (rules) => {
      state = startedState(read(rules, disk.newest()));
      running = rules;
      life += 1;
    },
  };
}

function ownerOf({ profile, group }: QuorumRules) {
  return { profile, group };
}

function read(rules: QuorumRules, text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  const found = decodeCursor(ownerOf(rules), text);
  if (!found.ok) throw new Error(`the stored data cannot be read: ${found.why}`);
  return found.cursor;
}
