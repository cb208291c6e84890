import type { Execution } from '../cursor.ts';
import { decodeMessage } from '../quorum/codec.ts';
import { sameBytes } from '../quorum/digest.ts';
import { windowSchedule } from '../quorum/identity.ts';
import type { Message } from '../quorum/messages.ts';
import { planQuorum, quorumInputs } from '../quorum/plan.ts';
import type { QuorumPlan } from '../quorum/plan-port.ts';
import { NOOP, type QuorumProposal, type Switches } from '../quorum/self.ts';
import { windowOf } from '../window.ts';
import { lookAtFault } from './accusations.ts';
import { type Later, later } from './agenda.ts';
import { type Agreement, agreementOf } from './agreement.ts';
import { type Misdeeds, misdeedsOf } from './byzantine-evidence-checker.ts';
import type { Lied } from './byzantine-member.ts';
import { contentOf, refused, validate } from './content.ts';
import { type Heap, heapOf } from './forger.ts';
import { type Cast, castOf, WINDOWS } from './group-setup.ts';
import { type MemberPorts, type SimMember, simMember } from './member.ts';
import { type Rumours, rumoursOf } from './message-pool.ts';
import { delayMs, passes, type Weather } from './network-conditions.ts';
import type { Control, Settings } from './options.ts';
import { type Outcomes, outcomesOf } from './outcomes.ts';
import { type Dice, diceOf } from './prng.ts';
import { answered, BLOCK_MS, type Ground, groundOf, type Lie } from './simulated-chain.ts';
import { type Tally, tallyOf } from './tally.ts';
import { planIn, sharesPlan } from './views.ts';

/** Everything of a run. What changes has a setter of its own, or is marked so. */
export interface World {
  readonly settings: Settings;
  readonly cast: Cast;
  readonly dice: Dice;
  readonly later: Later;
  readonly ground: Ground;
  readonly tally: Tally;
  readonly heap: Heap;
  readonly agreement: Agreement;
  readonly outcomes: Outcomes;
  readonly misdeeds: Misdeeds;
  readonly members: readonly SimMember[];
  /** Changes with the time. */
  readonly now: Now;
}

/** What is the case now. */
export interface Now {
  weather: Weather;
  plan: QuorumPlan;
  rumours: Rumours;
  /** Whoever overhears honest members in this window. */
  overhear: (message: Message) => void;
  readonly lies: Map<number, Lie>;
  readonly brokenDisks: Set<number>;
}

/** Window 1 is the first. */
export const FIRST_WINDOW = 1n;

const BROKEN_RULES: Readonly<Record<Control, Partial<Switches>>> = {
  'no-lock': { lock: false },
  'lock-not-durable': { lockDurable: false },
  'small-quorum': { quorum: -1 },
  'no-rank': { rankInVotes: false },
  'cursor-not-durable': {},
};

export function worldOf(settings: Settings): World {
  const cast = castOf(settings);
  const tally = tallyOf();
  const ground = groundOf(settings.seed);
  const plan = truePlan(cast, ground, FIRST_WINDOW);
  const now: Now = {
    weather: { kind: 'quiet' },
    plan,
    rumours: rumoursOf(plan),
    overhear: () => undefined,
    lies: new Map(),
    brokenDisks: new Set(),
  };
  const members: SimMember[] = [];
  const world: World = {
    settings,
    cast,
    dice: diceOf(settings.seed),
    later: later(),
    ground,
    tally,
    heap: heapOf(),
    agreement: agreementOf(cast, tally),
    outcomes: outcomesOf(tally, FIRST_WINDOW),
    misdeeds: misdeedsOf(tally),
    members,
    now,
  };
  const { control } = settings;
  for (const seat of cast.honest) {
    const setting = {
      cast,
      seat,
      schedule: cast.schedule.slice(0, 1),
      switches: control === null ? {} : BROKEN_RULES[control],
      isCursorDurable: control !== 'cursor-not-durable',
    };
    members.push(simMember(setting, portsOf(world, seat)));
  }
  return world;
}

/** What everybody computes of a window who has the schedule and reads the chain as it is. */
export function truePlan({ group, schedule }: Cast, ground: Ground, index: bigint): QuorumPlan {
  const window = windowOf(windowSchedule(group), index);
  const [seedInput, referenceHash] = quorumInputs(group, schedule, window).map(ground.read);
  if (seedInput === undefined || referenceHash === undefined) throw new Error('a window has two inputs');
  return planQuorum(group, schedule, window, seedInput, referenceHash);
}

function portsOf(world: World, seat: number): MemberPorts {
  const { dice, later, tally, now, ground } = world;
  const own = dice.of(`member/${seat}`);
  const isRough = () => now.weather.kind === 'rough';
  return {
    later,
    dice: own,
    broadcast: (payload) => broadcast(world, seat, payload, own),
    inputs: ({ asks }) => {
      if (isRough() && own.chance(0.3)) return null;
      return answered(ground, asks, now.lies.get(seat) ?? null);
    },
    generate: (plan, attempt) => {
      if (isRough() && own.chance(0.4)) return 'the generator fails';
      return proposalOf(plan, isRunning(world, seat), `${seat}/${attempt}/${own.between(0, 999_999)}`);
    },
    validate: (plan, subject) => {
      if (isRough() && own.chance(0.4)) return { result: 'unknown', why: 'the node does not answer' };
      return isRunning(world, seat) ? refused('busy', '') : validate(plan.window.index, subject);
    },
    runMs: ({ expiryBlock }) =>
      Math.max(0, Number(expiryBlock) * BLOCK_MS - later.nowMs() - own.between(1, BLOCK_MS)),
    onOutcome: (outcome) => world.outcomes.told(seat, outcome),
    onExecute: (execution) => onExecute(world, seat, execution),
    onDropped: (why) => tally.count('refusals', why),
    onFault: (window, { culprit, kind, evidence }) => {
      tally.count('faults', kind);
      lookAtFault(world, seat, window, { culprit, kind, evidence: evidence ?? new Uint8Array() });
    },
  };
}

/** Whether an action of this member goes on when the present window is over. */
export function isRunning({ members, now }: World, seat: number): boolean {
  const execution = members[seat]?.state().cursor?.execution ?? null;
  return execution !== null && execution.expiryBlock > now.plan.window.end;
}

function proposalOf(plan: QuorumPlan, isBusy: boolean, label: string): QuorumProposal {
  const action = plan.checklist[0]?.action;
  if (isBusy || action === undefined) return { action: NOOP, content: new Uint8Array() };
  return { action, content: contentOf(plan.window.index, label) };
}

function onExecute({ agreement, tally }: World, seat: number, execution: Execution): void {
  tally.count('events', 'executions');
  agreement.executed(seat, execution);
}

/** An honest member sends: to the others as the weather allows, and the liars hear it in any case. */
function broadcast(world: World, from: number, payload: Uint8Array, dice: Dice): void {
  const { cast, members, now, later, heap, agreement } = world;
  const decoded = decodeMessage(payload);
  if (!decoded.ok) throw new Error(`member-${from} sends what nobody can read: ${decoded.refusal}`);
  const { domain, message } = decoded;
  heap.note(payload);
  agreement.spoke(message);
  const isOfPlan = sameBytes(domain.scheduleDigest, now.plan.scheduleDigest);
  if (message.header.window === now.plan.window.index && isOfPlan) {
    now.rumours.note(message);
    now.overhear(message);
  }
  for (const to of cast.honest) {
    if (to === from || !passes(now.weather, from, to, message.statement.kind, dice)) continue;
    const copies = now.weather.kind === 'lossy' && dice.chance(now.weather.double) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      later.after(delayMs(now.weather, dice), () => members[to]?.deliver(payload));
    }
  }
}

/** A liar sends: by its own way, to whom it likes. */
export function slip(world: World, to: readonly number[], lied: Lied): void {
  const { dice, later, heap, now, agreement } = world;
  heap.note(lied.payload);
  if (lied.message.attachment.value !== null) agreement.named(lied.message.attachment.value);
  for (const seat of to) {
    later.after(delayMs({ kind: 'quiet' }, dice), () => {
      const member = world.members[seat];
      if (member === undefined) return;
      const listened = listens(world, member);
      const life = member.life();
      member.deliver(lied.payload);
      const isThere = member.isUp() && member.life() === life && !now.brokenDisks.has(seat);
      if (lied.isSound && listened && isThere && lied.message.header.window === now.plan.window.index) {
        world.misdeeds.heard(seat, life, lied);
      }
    });
  }
}

/** Whether a member takes messages of the present window for what they are. */
export function listens({ now }: World, member: SimMember): boolean {
  const { window } = now.plan;
  const { head } = member.state();
  const plan = planIn(member.state(), window.index);
  if (plan === null || head === null || now.brokenDisks.has(member.seat)) return false;
  const ranks = BigInt(WINDOWS.rankCount) * WINDOWS.rankBlocks;
  return head < window.block + ranks && sharesPlan(plan, now.plan);
}
