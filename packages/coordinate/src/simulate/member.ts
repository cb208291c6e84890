import type { Cursor, Execution } from '../cursor.ts';
import { decodeCursor, encodeCursor } from '../cursor-codec.ts';
import type { Effect } from '../engine/effects.ts';
import type { EngineEvent } from '../engine/events.ts';
import { type EngineState, startedState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { Fault } from '../faults.ts';
import type { Outcome } from '../outcome.ts';
import type { QuorumSchedule } from '../quorum/group.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import type { QuorumRound } from '../quorum/round.ts';
import { type QuorumRules, quorumRules } from '../quorum/rules.ts';
import { QUORUM_FRAME, type QuorumProposal, type Switches } from '../quorum/self.ts';
import type { Validation } from '../rules.ts';
import type { Later } from './agenda.ts';
import { JUDGES } from './content.ts';
import type { GroupSetup } from './group-setup.ts';
import type { Prng } from './prng.ts';

export type MemberState = EngineState<QuorumPlan, QuorumRound>;

type QuorumEffect = Effect<QuorumPlan>;
type QuorumEvent = EngineEvent<QuorumProposal>;

/** The outside world of a member. Answers may come late, or never. */
export interface MemberPorts {
  readonly later: Later;
  readonly prng: Prng;
  broadcast(payload: Uint8Array): void;
  /** Null if its node does not answer. */
  inputs(effect: Extract<QuorumEffect, { readonly kind: 'read-inputs' }>): readonly Uint8Array[] | null;
  generate(plan: QuorumPlan, attempt: number): QuorumProposal | string;
  validate(plan: QuorumPlan, subject: Uint8Array): Validation;
  /** The remaining time of an action that begins or continues now. */
  runMs(execution: Execution): number;
  onOutcome(outcome: Outcome): void;
  onFault(window: bigint, fault: Fault): void;
  onExecute(execution: Execution): void;
  onDropped(why: string): void;
}

/** An honest member: the real engine, on a disk and in a process that may fail. */
export interface SimMember {
  readonly seat: number;
  isUp(): boolean;
  /** Counts starts and crashes, so that requests from before a crash get no answer after it. */
  life(): number;
  state(): MemberState;
  /** In force since the last start, then those before it: a fault of an earlier life is reported again. */
  schedules(): readonly QuorumSchedule[];
  /** In force from the next start on. */
  installed(): QuorumSchedule;
  /** Null while the process is down. */
  give(event: QuorumEvent): void;
  deliver(payload: Uint8Array): void;
  /** The process ends after this many further effects. */
  crashAfter(effects: number): void;
  crash(): void;
  start(): void;
  install(schedule: QuorumSchedule): void;
  breakDisk(isBroken: boolean): void;
}

export interface MemberSetting {
  readonly setup: GroupSetup;
  readonly seat: number;
  readonly schedule: QuorumSchedule;
  readonly switches: Partial<Switches>;
  /** Whether stored data survives a crash. */
  readonly isCursorDurable: boolean;
  /** Read at each start; see `QuorumSelf`. */
  readonly heldFrom?: () => bigint | null;
}

/** The most stores that an unreliable disk may lose. */
const FORGOTTEN_STORES = 6;
const KEPT_SCHEDULES = 3;
const RETRY_MS = 2_000;
const PORT_MS: readonly [number, number] = [20, 400];

export function simMember(setting: MemberSetting, ports: MemberPorts): SimMember {
  const { setup, seat } = setting;
  const { later, prng } = ports;
  let installed = setting.schedule;
  let schedules = [installed];
  let rules = rulesOf(setting, installed);
  const disk: string[] = [];
  let isDiskBroken = false;
  let isUp = false;
  let life = 0;
  let left = Number.POSITIVE_INFINITY;
  let state: MemberState = startedState(null);

  const crash = () => {
    isUp = false;
    life += 1;
    left = Number.POSITIVE_INFINITY;
    if (!setting.isCursorDurable) disk.splice(Math.max(0, disk.length - prng.between(0, FORGOTTEN_STORES)));
  };
  const answer = (event: QuorumEvent, delayMs = prng.between(...PORT_MS)) => {
    const asked = life;
    later.after(delayMs, () => {
      if (life === asked) give(event);
    });
  };
  const give = (event: QuorumEvent) => {
    if (!isUp) return;
    const next = step(rules, state, event);
    for (const effect of next.effects) {
      if (left === 0) {
        crash();
        return;
      }
      left -= 1;
      if (effect.kind === 'store-cursor') {
        if (isDiskBroken) {
          answer(event, RETRY_MS);
          return;
        }
        disk.push(encodeCursor(ownerOf(rules), effect.cursor));
        if (disk.length > FORGOTTEN_STORES + 1) disk.shift();
      } else perform(ports, effect, answer);
    }
    state = next.state;
  };
  return {
    seat,
    isUp: () => isUp,
    life: () => life,
    state: () => state,
    schedules: () => schedules,
    installed: () => installed,
    give,
    deliver: (payload) => {
      const sender = setup.group.members[seat]?.name ?? '';
      give({ kind: 'message', message: { type: QUORUM_FRAME, sender, payload } });
    },
    crashAfter: (effects) => {
      left = effects;
    },
    crash: () => {
      if (isUp) crash();
    },
    start: () => {
      if (isUp) return;
      schedules = [installed, ...schedules.filter((before) => before !== installed)].slice(0, KEPT_SCHEDULES);
      rules = rulesOf(setting, installed);
      state = startedState(read(rules, disk.at(-1)));
      isUp = true;
      life += 1;
    },
    install: (next) => {
      installed = next;
    },
    breakDisk: (isBroken) => {
      isDiskBroken = isBroken;
    },
  };
}

function rulesOf(
  { setup, seat, switches, heldFrom = () => null }: MemberSetting,
  schedule: QuorumSchedule,
): QuorumRules {
  const held = heldFrom();
  const key = setup.keys[seat];
  if (key === undefined) throw new RangeError(`there is no seat ${seat}`);
  return quorumRules({
    group: setup.group,
    schedule,
    seat,
    key,
    verify: setup.verify,
    judges: JUDGES,
    switches,
    ...(held === null ? {} : { heldFrom: held }),
  });
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

/** Performs all effects except storing, which may fail. */
function perform(
  ports: MemberPorts,
  effect: QuorumEffect,
  answer: (event: QuorumEvent, delayMs?: number) => void,
): void {
  switch (effect.kind) {
    case 'read-inputs': {
      const { window } = effect;
      const inputs = ports.inputs(effect);
      answer(
        inputs === null
          ? { kind: 'no-inputs', window, why: 'no answer' }
          : { kind: 'inputs', window, inputs },
      );
      break;
    }
    case 'generate': {
      const { window, attempt, plan } = effect;
      const made = ports.generate(plan, attempt);
      if (typeof made === 'string') answer({ kind: 'no-proposal', window, attempt, why: made });
      else answer({ kind: 'proposal', window, attempt, proposal: made });
      break;
    }
    case 'validate': {
      const { window, key, plan, subject } = effect;
      answer({ kind: 'validated', window, key, answer: ports.validate(plan, subject) });
      break;
    }
    case 'execute':
      ports.onExecute(effect.execution);
      answer({ kind: 'action-ended', window: effect.execution.window }, ports.runMs(effect.execution));
      break;
    case 'broadcast':
      ports.broadcast(effect.payload);
      break;
    case 'record-fault':
      ports.onFault(effect.window, effect.fault);
      break;
    case 'record-outcome':
      ports.onOutcome(effect.outcome);
      break;
    case 'dropped':
      ports.onDropped(effect.why);
      break;
    default:
  }
}
