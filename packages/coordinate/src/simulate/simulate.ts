import type { Message } from '../quorum/messages.ts';
import { type ByzantineMember, byzantineMemberOf } from './byzantine-member.ts';
import type { ByzantineParts } from './byzantine-parts.ts';
import { traitsOf } from './byzantine-traits.ts';
import { falseEvidence, forgery, underOtherName } from './forger.ts';
import { WINDOWS } from './group-setup.ts';
import { messagePoolOf } from './message-pool.ts';
import {
  type NetworkCondition,
  type NetworkConditions,
  networkConditionsOf,
  SLOTS,
} from './network-conditions.ts';
import { type SimulationOptions, settingsOf } from './options.ts';
import type { Prng } from './prng.ts';
import { lookAtSlot, type Slot, slotOf } from './progress.ts';
import { reportOf, type SimulationReport } from './report.ts';
import { BLOCK_MS } from './simulated-chain.ts';
import { CHECKS, type Check } from './tally.ts';
import { installVersions, restart } from './upkeep.ts';
import { FIRST_WINDOW, slip, truePlan, type World, worldOf } from './world.ts';

/** The height at which all members start: before the first window. */
const FIRST_HEIGHT = 12n;

/**
 * Runs the real engine and the real rules of `quorum` for all honest members of a group through many windows.
 * The network, disks, processes and the chain fail, and some members are Byzantine. The seed determines
 * everything. Pure. Throws a RangeError for options out of bounds, and if a check cannot run at all.
 */
export function simulate(options: SimulationOptions): SimulationReport {
  const settings = settingsOf(options);
  const world = worldOf(settings);
  for (const member of world.members) member.start();
  const last = BigInt(settings.windows);
  quietHeights(world, FIRST_HEIGHT, WINDOWS.frequencyBlocks - 1n);
  let window = FIRST_WINDOW;
  for (; window <= last; window++) {
    playWindow(world, window);
    if (isEnough(world)) return reportOf(world, window);
  }
  calmEnd(world, window);
  return reportOf(world, last);
}

function isEnough({ settings, tally }: World): boolean {
  const { untilViolation } = settings;
  if (untilViolation === false) return false;
  const checks = untilViolation === true ? (Object.keys(CHECKS) as Check[]) : [untilViolation];
  return checks.some((check) => tally.looks(check).violated > 0);
}

function playWindow(world: World, window: bigint): void {
  const { setup, now, prng } = world;
  const begun = window * WINDOWS.frequencyBlocks;
  world.later.runUntil(Number(begun) * BLOCK_MS);
  now.plan = truePlan(setup, world.chain, window);
  now.pool = messagePoolOf(now.plan);
  const own = prng.of(`window/${window}`);
  startLies(world, own);
  installVersions(world, window);
  const { about, slots } = networkConditionsOf(setup, own);
  const byzantine = gatherByzantine(world, window, about);
  annoy(world);
  for (const [slot, condition] of slots.entries()) {
    const from = begun + BigInt(slot) * WINDOWS.rankBlocks;
    const to =
      slot === slots.length - 1 ? begun + WINDOWS.frequencyBlocks - 1n : from + WINDOWS.rankBlocks - 1n;
    playSlot(world, { slot, condition, from, to, byzantine });
  }
  closeWindow(world, window);
}

/** A member's node returns one false input, from the beginning of the window or later. */
function startLies({ now, setup, later, tally }: World, prng: Prng): void {
  now.falseAnswers.clear();
  if (!prng.chance(0.1)) return;
  const [seat, falseAnswer] = [prng.pick(setup.honest), prng.pick(['seed', 'reference'] as const)];
  tally.count('events', 'lying nodes');
  const { index } = now.plan.window;
  later.after(prng.chance(0.6) ? 0 : prng.between(0, 12 * BLOCK_MS), () => {
    if (now.plan.window.index === index) now.falseAnswers.set(seat, falseAnswer);
  });
}

function closeWindow({ misdeeds, agreement, members, now }: World, window: bigint): void {
  misdeeds.close(window, (seat) => members[seat]?.life() ?? 0, now.quietFrom);
  agreement.forget(window);
}

interface SlotPlan {
  readonly slot: number;
  readonly condition: NetworkCondition;
  readonly from: bigint;
  readonly to: bigint;
  readonly byzantine: readonly ByzantineMember[];
}

function playSlot(world: World, { slot, condition, from, to, byzantine }: SlotPlan): void {
  const { now, later, tally } = world;
  later.runUntil(Number(from) * BLOCK_MS);
  now.condition = condition;
  if (condition.kind !== 'quiet' && slot < SLOTS - 1) now.quietFrom = to + 1n;
  tally.count('events', `slots ${condition.kind}`);
  const isRank = slot < WINDOWS.rankCount;
  disturb(world);
  if (isRank) for (const member of byzantine) member.enter(slot);
  const watched: Slot | null = isRank && condition.kind === 'quiet' ? slotOf(world, slot) : null;
  for (let height = from; height <= to; height++) {
    later.runUntil(Number(height) * BLOCK_MS);
    tellHeight(world, height);
  }
  later.runUntil(Number(to + 1n) * BLOCK_MS - 1);
  if (watched !== null) lookAtSlot(world, watched);
}

/** The failures of processes and disks when the network conditions change. */
function disturb(world: World): void {
  const { members, now, prng, later, tally } = world;
  const { condition } = now;
  for (const seat of now.brokenDisks) members[seat]?.breakDisk(false);
  now.brokenDisks.clear();
  for (const member of members) {
    if (!member.isUp() && prng.chance(0.7)) member.start();
    if (condition.kind === 'mute' && condition.powerCut && !condition.mute.has(member.seat))
      restart(world, member);
    if (condition.kind !== 'rough') continue;
    if (prng.chance(0.4)) {
      member.crashAfter(prng.between(0, 25));
      tally.count('events', 'crashes at an effect');
      later.after(prng.between(0, 5 * BLOCK_MS), () => member.start());
    }
    if (prng.chance(0.2)) {
      member.breakDisk(true);
      now.brokenDisks.add(member.seat);
      tally.count('events', 'full disks');
    }
  }
}

/**
 * Heights arrive late, twice, out of order, or not at all. In a quiet network, all of them arrive in time.
 */
function tellHeight({ members, now, prng, later, tally }: World, height: bigint): void {
  const { kind } = now.condition;
  if (kind === 'stalled') return;
  for (const member of members) {
    const skips = kind === 'rough' ? 0.3 : kind === 'quiet' ? 0 : 0.05;
    if (prng.chance(skips)) {
      tally.count('events', 'heights skipped');
      continue;
    }
    const lagMs = kind === 'quiet' ? 800 : kind === 'rough' ? 3 * BLOCK_MS : BLOCK_MS;
    const atMs = prng.between(0, lagMs);
    later.after(atMs, () => member.give({ kind: 'height', height }));
    if (!prng.chance(0.05)) continue;
    tally.count('events', 'heights repeated or going back');
    later.after(atMs + 100, () =>
      member.give({ kind: 'height', height: height - BigInt(prng.between(0, 3)) }),
    );
  }
}

function gatherByzantine(
  world: World,
  window: bigint,
  about: NetworkConditions['about'],
): readonly ByzantineMember[] {
  const { setup, now, later, prng, tally } = world;
  const overheard: Message[] = [];
  const byzantine = setup.byzantine.map((seat) => {
    const own = prng.of(`liar/${seat}/${window}`);
    const parts: ByzantineParts = {
      setup,
      plan: now.plan,
      pool: now.pool,
      later,
      prng: own,
      favourite: () => favouriteOf(now.condition),
      note: (event) => tally.count('events', event),
      slip: (to, sent) => slip(world, to, sent),
    };
    accuse(world, parts, seat, overheard);
    return byzantineMemberOf(parts, seat, traitsOf(own, about));
  });
  now.overhear = (message) => {
    overheard.push(message);
    for (const member of byzantine) member.overhear(message);
  };
  if (byzantine.length > 0) tally.count('events', 'windows with Byzantine members');
  return byzantine;
}

function favouriteOf(condition: NetworkCondition): number | null {
  if (condition.kind === 'starved') return condition.victim;
  const [mute] = condition.kind === 'mute' ? condition.mute : [];
  return mute ?? null;
}

/** At some time in the window, a Byzantine member accuses an honest one falsely, and impersonates another. */
function accuse(
  { tally, setup, members }: World,
  parts: ByzantineParts,
  culprit: number,
  overheard: readonly Message[],
): void {
  if (!parts.prng.chance(0.3)) return;
  parts.later.after(parts.prng.between(2, 10) * BLOCK_MS, () => {
    const [first] = overheard.length === 0 ? [] : [parts.prng.pick(overheard)];
    if (first === undefined) return;
    const second = overheard.find(
      ({ header, statement }) =>
        header.seat === first.header.seat &&
        header.rank !== first.header.rank &&
        statement.kind === first.statement.kind,
    );
    if (second !== undefined) {
      parts.slip(setup.honest, falseEvidence(parts, culprit, first, second));
      tally.count('events', 'false evidence sent');
    }
    const other = parts.prng.pick(setup.honest);
    if (other === first.header.seat) return;
    tally.count('events', 'messages under a false name');
    const payload = underOtherName(parts, first, other);
    for (const member of members) member.deliver(payload);
  });
}

/** A sender without a key sends every message that it can. */
function annoy({ prng, later, heap, members, tally }: World): void {
  const count = prng.between(0, 8);
  for (let i = 0; i < count; i++) {
    later.after(prng.between(0, 15 * BLOCK_MS), () => {
      const { kind, payload } = forgery(heap, prng);
      tally.count('events', `${kind} messages`);
      prng.pick(members).deliver(payload);
    });
  }
}

function quietHeights(world: World, from: bigint, to: bigint): void {
  for (let height = from; height <= to; height++) {
    world.later.runUntil(Number(height) * BLOCK_MS);
    tellHeight(world, height);
  }
}

/** One more window in which everything works, so that all members learn how the last ones ended. */
function calmEnd(world: World, window: bigint): void {
  const { now, members, later, outcomes } = world;
  const begun = window * WINDOWS.frequencyBlocks;
  later.runUntil(Number(begun) * BLOCK_MS);
  now.condition = { kind: 'quiet' };
  now.overhear = () => undefined;
  for (const member of members) {
    if (now.brokenDisks.delete(member.seat)) member.breakDisk(false);
    member.crashAfter(Number.POSITIVE_INFINITY);
    member.start();
  }
  quietHeights(world, begun, begun + WINDOWS.frequencyBlocks - 1n);
  outcomes.close(
    members.map(({ seat }) => seat),
    window - 1n,
  );
}
