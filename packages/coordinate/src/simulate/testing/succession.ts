import { operatorKeyFrom } from '../../keys/operator-key.ts';
import { certificateOf } from '../../quorum/certificate.ts';
import { decodeMessage } from '../../quorum/codec.ts';
import { hexOf, sameBytes } from '../../quorum/digest.ts';
import { quorumOf } from '../../quorum/group.ts';
import { handOverContent, takeOverOf } from '../../quorum/hand-over.ts';
import { groupId, windowSchedule } from '../../quorum/identity.ts';
import type { Header, Message, Value, Vote } from '../../quorum/messages.ts';
import { placeOf } from '../../quorum/plan.ts';
import type { QuorumPlan } from '../../quorum/plan-port.ts';
import { HAND_OVER, NOOP, type QuorumProposal } from '../../quorum/self.ts';
import { domainOf, signStatement } from '../../quorum/signing.ts';
import { decodeValue, valueDigest } from '../../quorum/value.ts';
import type { Validation } from '../../rules.ts';
import { windowOf } from '../../window.ts';
import { later } from '../agenda.ts';
import { contentOf, refused, validate } from '../content.ts';
import { type GroupSetup, hash, WINDOWS } from '../group-setup.ts';
import { type SimMember, simMember } from '../member.ts';
import type { MemberPorts } from '../member-ports.ts';
import { delayMs, type NetworkCondition, networkConditionsOf, passes, SLOTS } from '../network-conditions.ts';
import { prngOf } from '../prng.ts';
import { BLOCK_MS, simulatedChainOf } from '../simulated-chain.ts';
import {
  BYZANTINE_SEAT,
  type Half,
  SEATS,
  type Side,
  type SuccessionOptions,
  setupOf,
  type World,
} from './succession-world.ts';

export interface SuccessionReport {
  readonly seed: string;
  /** The window in which an honest member first committed to hand over; null if none did. */
  readonly committed: bigint | null;
  /** The window in which the old group handed over; null if it did not. */
  readonly handedOver: bigint | null;
  /** How many leases the votes of honest members allowed, by group. */
  readonly leases: Readonly<Record<Side, number>>;
  /** Leases that overlap, or that the old group gave after its hand-over. */
  readonly violations: readonly string[];
  readonly crashes: number;
}

const OPERATORS = 5;
/** Windows in which operators of the old group approve the new one, one after another. */
const FIRST_APPROVAL = 3;
const LAST_APPROVAL = 8;
/** How long the certificate may take to a member of the new group, in blocks. */
const LATEST_ADOPTION = 50;

/**
 * Runs both groups over one chain, each with separate partitions, losses, stalled finality and crashes. The
 * Byzantine member adds its vote to each value that enough honest members signed. Deterministic.
 */
export function simulateSuccession(options: SuccessionOptions): SuccessionReport {
  const world = worldOf(options);
  const { halves, found, leases } = world;
  for (const { members } of Object.values(halves)) for (const member of members) member.start();
  for (let window = 1n; window <= BigInt(options.windows); window++) playWindow(world, window);
  const count = (side: Side) => leases.filter((lease) => lease.side === side).length;
  return { seed: options.seed, ...found, leases: { old: count('old'), new: count('new') } };
}

function worldOf(options: SuccessionOptions): World {
  const prng = prngOf(options.seed);
  const keys = Array.from({ length: OPERATORS }, (_, operator) =>
    operatorKeyFrom('ed25519', hash(`${options.seed}/key/${operator}`)),
  );
  const old = setupOf(keys, 'old', null);
  const next = setupOf(keys, 'new', groupId(old.group));
  const half = (side: Side, setup: GroupSetup): Half => {
    return { side, setup, members: [], commits: new Map(), values: new Map(), condition: { kind: 'quiet' } };
  };
  const start = options.control === undefined ? null : 0n;
  const world: World = {
    options,
    prng,
    later: later(),
    chain: simulatedChainOf(options.seed),
    halves: { old: half('old', old), new: half('new', next) },
    leases: [],
    approvedFrom: SEATS.old.map(() => BigInt(prng.between(FIRST_APPROVAL, LAST_APPROVAL))),
    heldFrom: SEATS.new.map(() => start),
    found: { committed: null, handedOver: null, violations: [], crashes: 0 },
  };
  for (const each of Object.values(world.halves)) {
    for (const seat of each.setup.honest) {
      const { schedule } = each.setup;
      const heldFrom = () => (each.side === 'new' ? (world.heldFrom[seat] ?? null) : null);
      const setting = { setup: each.setup, seat, schedule, switches: {}, isCursorDurable: true, heldFrom };
      each.members.push(simMember(setting, portsOf(world, each, seat)));
    }
  }
  return world;
}

function portsOf(world: World, half: Half, seat: number): MemberPorts {
  const { prng, later, chain } = world;
  const own = prng.of(`${half.side}/${seat}`);
  const isRough = () => half.condition.kind === 'rough';
  return {
    later,
    prng: own,
    broadcast: (payload) => broadcast(world, half, seat, payload),
    inputs: ({ asks }) => (isRough() && own.chance(0.3) ? null : asks.map(chain.read)),
    generate: (plan, attempt) => proposalOf(world, half, seat, plan, `${seat}/${attempt}`),
    validate: (plan, subject) => judged(world, half, seat, plan, subject),
    runMs: ({ action, expiryBlock }) =>
      action === HAND_OVER
        ? own.between(1, BLOCK_MS)
        : Math.max(0, Number(expiryBlock) * BLOCK_MS - later.nowMs() - own.between(1, BLOCK_MS)),
    onOutcome: () => undefined,
    onFault: () => undefined,
    onExecute: () => undefined,
    onDropped: () => undefined,
  };
}

function isApproved({ approvedFrom }: World, { side }: Half, seat: number, { window }: QuorumPlan): boolean {
  const from = approvedFrom[seat];
  return side === 'old' && from !== undefined && window.index >= from;
}

function isRunning({ members }: Half, seat: number, { window }: QuorumPlan): boolean {
  const execution = members[seat]?.state().cursor?.execution ?? null;
  return execution !== null && execution.expiryBlock > window.end;
}

function proposalOf(world: World, half: Half, seat: number, plan: QuorumPlan, label: string): QuorumProposal {
  if (isRunning(half, seat, plan)) return { action: NOOP, content: new Uint8Array() };
  if (isApproved(world, half, seat, plan))
    return { action: HAND_OVER, content: handOverContent(world.halves.new.setup.group) };
  const action = plan.checklist.find((item) => item.action !== HAND_OVER)?.action;
  if (action === undefined) return { action: NOOP, content: new Uint8Array() };
  return { action, content: contentOf(plan.window.index, label) };
}

function judged(world: World, half: Half, seat: number, plan: QuorumPlan, subject: Uint8Array): Validation {
  const value = decodeValue(subject);
  if (isRunning(half, seat, plan)) return refused('busy', '');
  if (value?.action !== HAND_OVER) return validate(plan.window.index, subject);
  const isSame = sameBytes(value.content, handOverContent(world.halves.new.setup.group));
  return isSame && isApproved(world, half, seat, plan) ? { result: 'valid' } : refused('not-approved', '');
}

function broadcast(world: World, half: Half, from: number, payload: Uint8Array): void {
  const { prng, later } = world;
  const decoded = decodeMessage(payload);
  if (!decoded.ok) throw new Error(`a member sent bytes that cannot be decoded: ${decoded.refusal}`);
  note(world, half, decoded.message);
  for (const to of half.setup.honest) {
    if (to === from || !passes(half.condition, from, to, decoded.message.statement.kind, prng)) continue;
    later.after(delayMs(half.condition, prng), () => half.members[to]?.deliver(payload));
  }
}

/**
 * Counts the commits of honest members. The Byzantine member adds one, so one fewer than a quorum is enough.
 */
function note(world: World, half: Half, { header, statement, attachment, signature }: Message): void {
  const { value } = attachment;
  if (value !== null) half.values.set(hexOf(valueDigest(value)), value);
  if (statement.kind !== 'commit') return;
  const { window, rank, seat } = header;
  const digest = hexOf(statement.digest);
  const place = `${window}/${rank}/${digest}`;
  const votes = half.commits.get(place) ?? new Map<number, Vote>();
  half.commits.set(place, votes.set(seat, { seat, signature }));
  const { members } = half.setup.group;
  const agreed = half.values.get(digest);
  if (agreed?.action === HAND_OVER) world.found.committed ??= window;
  if (agreed === undefined || agreed.action === NOOP || votes.size < quorumOf(members.length) - 1) return;
  if (agreed.action === HAND_OVER) handOver(world, half, header, agreed, [...votes.values()]);
  else lease(world, half, window, digest, agreed);
}

function lease(
  { leases, found }: World,
  { side, setup }: Half,
  window: bigint,
  digest: string,
  value: Value,
): void {
  if (leases.some((known) => known.side === side && known.window === window && known.digest === digest))
    return;
  const from = windowOf(windowSchedule(setup.group), window).end;
  const until = from + value.validityBlocks;
  for (const other of leases) {
    if (from < other.until && other.from < until)
      found.violations.push(`${side} ${window} overlaps ${other.side} ${other.window}`);
  }
  const { handedOver } = found;
  if (side === 'old' && handedOver !== null && window >= handedOver)
    found.violations.push(`the old group gave a lease in window ${window}, after its hand-over`);
  leases.push({ side, window, digest, from, until });
}

/** The Byzantine member completes the certificate, which reaches the members of the new group one by one. */
function handOver(
  world: World,
  { setup }: Half,
  { window, rank }: Pick<Header, 'window' | 'rank'>,
  value: Value,
  votes: readonly Vote[],
): void {
  const { found, halves, later, prng } = world;
  if (found.handedOver !== null) return;
  found.handedOver = window;
  const { group, schedule, keys, verify } = setup;
  const place = placeOf(group, schedule, windowOf(windowSchedule(group), window));
  const key = keys[BYZANTINE_SEAT];
  if (key === undefined) throw new Error('the Byzantine member has no key');
  const header = { version: place.version.version, window, rank, seat: BYZANTINE_SEAT };
  const statement = { kind: 'commit', digest: valueDigest(value) } as const;
  const signature = signStatement(key, domainOf(place), header, statement);
  const certificate = certificateOf(place, rank, value, [...votes, { seat: BYZANTINE_SEAT, signature }]);
  const file = { groupId: groupId(group), certificate };
  const taken = takeOverOf(halves.new.setup.group, { group, schedule }, file, verify);
  if (!taken.ok) throw new Error(`the hand-over is not valid: ${taken.why}`);
  for (const member of halves.new.members) {
    later.after(prng.between(0, LATEST_ADOPTION * BLOCK_MS), () => {
      world.heldFrom[member.seat] = taken.heldFrom;
      restart(world, member);
    });
  }
}

function restart({ later, prng, found }: World, member: SimMember): void {
  member.crash();
  found.crashes += 1;
  later.after(prng.between(500, 2_000), () => member.start());
}

function playWindow(world: World, window: bigint): void {
  const { halves, later, prng } = world;
  const begun = window * WINDOWS.frequencyBlocks;
  const own = prng.of(`window/${window}`);
  const plans = Object.values(halves).map((half) => {
    return { half, slots: networkConditionsOf(half.setup, own.of(half.side)).slots };
  });
  for (let block = 0n; block < WINDOWS.frequencyBlocks; block++) {
    const slot = Math.min(Number(block / WINDOWS.rankBlocks), SLOTS - 1);
    later.runUntil(Number(begun + block) * BLOCK_MS);
    for (const { half, slots } of plans) {
      const condition = slots[slot] ?? { kind: 'quiet' };
      if (half.condition !== condition) enter(world, half, condition);
      tellHeight(world, half, begun + block);
    }
  }
}

function enter(world: World, half: Half, condition: NetworkCondition): void {
  const { prng } = world;
  half.condition = condition;
  for (const member of half.members) {
    member.start();
    const isCut = condition.kind === 'mute' && condition.powerCut && !condition.mute.has(member.seat);
    if (isCut || (condition.kind === 'rough' && prng.chance(0.4))) restart(world, member);
  }
}

function tellHeight({ prng, later }: World, { members, condition }: Half, height: bigint): void {
  if (condition.kind === 'stalled') return;
  for (const member of members) {
    if (condition.kind !== 'quiet' && prng.chance(0.1)) continue;
    later.after(prng.between(0, condition.kind === 'quiet' ? 800 : 2 * BLOCK_MS), () =>
      member.give({ kind: 'height', height }),
    );
  }
}
