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
import { type EvidenceChecker, evidenceCheckerOf } from './byzantine-evidence-checker.ts';
import type { ByzantineMessage } from './byzantine-message.ts';
import { contentOf, refused, validate } from './content.ts';
import { type Heap, heapOf } from './forger.ts';
import { type GroupSetup, groupSetupOf, WINDOWS } from './group-setup.ts';
import { type SimMember, simMember } from './member.ts';
import type { MemberPorts } from './member-ports.ts';
import { type MessagePool, messagePoolOf } from './message-pool.ts';
import { delayMs, type NetworkCondition, passes } from './network-conditions.ts';
import type { Control, Settings } from './options.ts';
import { type Outcomes, outcomesOf } from './outcomes.ts';
import { type Prng, prngOf } from './prng.ts';
import {
  answered,
  BLOCK_MS,
  type FalseAnswer,
  type SimulatedChain,
  simulatedChainOf,
} from './simulated-chain.ts';
import { type Tally, tallyOf } from './tally.ts';
import { planIn, sharesPlan } from './views.ts';

/** The whole state of a run. A value that changes has a setter, or a comment that says so. */
export interface World {
  readonly settings: Settings;
  readonly setup: GroupSetup;
  readonly prng: Prng;
  readonly later: Later;
  readonly chain: SimulatedChain;
  readonly tally: Tally;
  readonly heap: Heap;
  readonly agreement: Agreement;
  readonly outcomes: Outcomes;
  readonly misdeeds: EvidenceChecker;
  readonly members: readonly SimMember[];
  /** Changes with the time. */
  readonly now: Now;
}

/** The present state. */
export interface Now {
  condition: NetworkCondition;
  plan: QuorumPlan;
  pool: MessagePool;
  /** The Byzantine members that overhear honest ones in this window. */
  overhear: (message: Message) => void;
  readonly falseAnswers: Map<number, FalseAnswer>;
  readonly brokenDisks: Set<number>;
  /** From this height on, to the end of the slots so far, the network is quiet. */
  quietFrom: bigint;
}

/** Window 1 is the first. */
export const FIRST_WINDOW = 1n;

const BROKEN_RULES: Readonly<Record<Control, Partial<Switches>>> = {
  'no-lock': { lock: false },
  'lock-not-durable': { lockDurable: false },
  'small-quorum': { quorum: -1 },
  'no-rank': { rankInVotes: false },
  'cursor-not-durable': {},
  'no-echo': { echo: false },
};

export function worldOf(settings: Settings): World {
  const setup = groupSetupOf(settings);
  const tally = tallyOf();
  const chain = simulatedChainOf(settings.seed);
  const plan = truePlan(setup, chain, FIRST_WINDOW);
  const now: Now = {
    condition: { kind: 'quiet' },
    plan,
    pool: messagePoolOf(plan),
    overhear: () => undefined,
    falseAnswers: new Map(),
    brokenDisks: new Set(),
    quietFrom: 0n,
  };
  const members: SimMember[] = [];
  const world: World = {
    settings,
    setup,
    prng: prngOf(settings.seed),
    later: later(),
    chain,
    tally,
    heap: heapOf(),
    agreement: agreementOf(setup, tally),
    outcomes: outcomesOf(tally, FIRST_WINDOW),
    misdeeds: evidenceCheckerOf(tally),
    members,
    now,
  };
  const { control } = settings;
  for (const seat of setup.honest) {
    const setting = {
      setup,
      seat,
      schedule: setup.schedule.slice(0, 1),
      switches: control === null ? {} : BROKEN_RULES[control],
      isCursorDurable: control !== 'cursor-not-durable',
    };
    members.push(simMember(setting, portsOf(world, seat)));
  }
  return world;
}

/** The plan of every member that has the schedule and reads the true chain. */
export function truePlan({ group, schedule }: GroupSetup, chain: SimulatedChain, index: bigint): QuorumPlan {
  const window = windowOf(windowSchedule(group), index);
  const [seedInput, referenceHash] = quorumInputs(group, schedule, window).map(chain.read);
  if (seedInput === undefined || referenceHash === undefined) throw new Error('a window has two inputs');
  return planQuorum(group, schedule, window, seedInput, referenceHash);
}

function portsOf(world: World, seat: number): MemberPorts {
  const { prng, later, tally, now, chain } = world;
  const own = prng.of(`member/${seat}`);
  const isRough = () => now.condition.kind === 'rough';
  return {
    later,
    prng: own,
    broadcast: (payload) => broadcast(world, seat, payload, own),
    inputs: ({ asks }) => {
      if (isRough() && own.chance(0.3)) return null;
      return answered(chain, asks, now.falseAnswers.get(seat) ?? null);
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

/** Whether an action of this member still runs when the present window is over. */
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

/**
 * An honest member sends. The others receive it as the network allows, and Byzantine members always receive
 * it.
 */
function broadcast(world: World, from: number, payload: Uint8Array, prng: Prng): void {
  const { setup, members, now, later, heap, agreement } = world;
  const decoded = decodeMessage(payload);
  if (!decoded.ok)
    throw new Error(`member-${from} sent a message that cannot be decoded: ${decoded.refusal}`);
  const { domain, message } = decoded;
  heap.note(payload);
  agreement.spoke(message);
  const isOfPlan = sameBytes(domain.scheduleDigest, now.plan.scheduleDigest);
  if (message.header.window === now.plan.window.index && isOfPlan) {
    now.pool.note(message);
    now.overhear(message);
  }
  for (const to of setup.honest) {
    if (to === from || !passes(now.condition, from, to, message.statement.kind, prng)) continue;
    const copies = now.condition.kind === 'lossy' && prng.chance(now.condition.double) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      later.after(delayMs(now.condition, prng), () => members[to]?.deliver(payload));
    }
  }
}

/** A Byzantine member sends to any members, bypassing the network. */
export function slip(world: World, to: readonly number[], sent: ByzantineMessage): void {
  const { prng, later, heap, now, agreement } = world;
  heap.note(sent.payload);
  if (sent.message.attachment.value !== null) agreement.named(sent.message.attachment.value);
  for (const seat of to) {
    later.after(delayMs({ kind: 'quiet' }, prng), () => {
      const member = world.members[seat];
      if (member === undefined) return;
      const listened = listens(world, member);
      const life = member.life();
      member.deliver(sent.payload);
      const isThere = member.isUp() && member.life() === life && !now.brokenDisks.has(seat);
      if (sent.isSound && listened && isThere && sent.message.header.window === now.plan.window.index) {
        world.misdeeds.heard(seat, life, sent, echoedFrom(world, member, sent));
      }
    });
  }
}

/** Whether a member interprets messages of the present window correctly. */
export function listens({ now }: World, member: SimMember): boolean {
  const { window } = now.plan;
  const { head } = member.state();
  const plan = planIn(member.state(), window.index);
  if (plan === null || head === null || now.brokenDisks.has(member.seat)) return false;
  const ranks = BigInt(WINDOWS.rankCount) * WINDOWS.rankBlocks;
  return head < window.block + ranks && sharesPlan(plan, now.plan);
}

/** Time until the next height, and for the echo to arrive. */
const ECHO_BLOCKS = 2n;

/** The height at which a member has to pass this statement on; null if the window leaves no time for it. */
function echoedFrom({ now, later }: World, member: SimMember, { message }: ByzantineMessage): bigint | null {
  const { running } = member.state();
  const { block, activeEnd } = now.plan.window;
  const height = BigInt(Math.floor(later.nowMs() / BLOCK_MS));
  const rank = Number((height - block) / WINDOWS.rankBlocks);
  const signs = running?.phase === 'procedure' && running.round.abstains === null;
  return signs && message.header.rank <= rank && height + ECHO_BLOCKS < activeEnd ? height : null;
}
