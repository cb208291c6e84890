import type { MessageKind } from '../quorum/messages.ts';
import { type GroupSetup, WINDOWS } from './group-setup.ts';
import type { Prng } from './prng.ts';

/** The conditions during one rank. */
export type NetworkCondition =
  /** Everything works: all running members hear each other in time. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'lossy'; readonly lose: number; readonly double: number }
  /** The members on one side and the others do not hear each other. */
  | { readonly kind: 'split'; readonly side: ReadonlySet<number> }
  /** Only the victim hears messages of the hidden kinds, and no member hears the mute ones. */
  | {
      readonly kind: 'starved';
      readonly victim: number;
      readonly mute: ReadonlySet<number>;
      readonly hidden: ReadonlySet<MessageKind>;
    }
  /** No member hears the mute ones. With a power cut, all others go down at the beginning and come back. */
  | { readonly kind: 'mute'; readonly mute: ReadonlySet<number>; readonly powerCut: boolean }
  /** Finality stalls for all members. */
  | { readonly kind: 'stalled' }
  /** Crashes at any effect, full disks, heights that are skipped, repeated or late, ports that fail. */
  | { readonly kind: 'rough' };

/** Slots of a window: its ranks, the time for certificates, the quiet after it. */
export const SLOTS = WINDOWS.rankCount + 2;

const QUIET: NetworkCondition = { kind: 'quiet' };
const VOTES: readonly MessageKind[] = ['prepare', 'commit', 'certificate'];
const RESULTS: readonly MessageKind[] = ['commit', 'certificate'];

/** The conditions of all slots of a window, and their purpose: Byzantine members know the later slots. */
export interface NetworkConditions {
  readonly about: 'nothing' | 'second-certificate' | 'standstill';
  readonly slots: readonly NetworkCondition[];
}

export function networkConditionsOf(setup: GroupSetup, prng: Prng): NetworkConditions {
  const plan = prng.fraction();
  if (plan < 0.25) return { about: 'nothing', slots: Array.from({ length: SLOTS }, () => QUIET) };
  if (plan < 0.55) return { about: 'second-certificate', slots: ambush(setup, prng) };
  if (plan < 0.67) return { about: 'second-certificate', slots: twoVictims(setup, prng) };
  if (plan < 0.75) return { about: 'standstill', slots: twoLocks(setup, prng) };
  return { about: 'nothing', slots: Array.from({ length: SLOTS }, () => anyCondition(setup, prng)) };
}

/**
 * Only one member learns the agreement of the others, and cannot pass it on. In this moment, a protocol
 * without locks, or with locks that a power cut erases, would agree a second time.
 */
function ambush({ honest }: GroupSetup, prng: Prng): readonly NetworkCondition[] {
  const victim = prng.pick(honest);
  const at = prng.between(0, WINDOWS.rankCount - 2);
  const powerCut = prng.chance(0.5);
  const hidden = new Set(powerCut || prng.chance(0.5) ? RESULTS : VOTES);
  return Array.from({ length: SLOTS }, (_, slot): NetworkCondition => {
    if (slot < at) return { kind: 'stalled' };
    const mute = new Set([victim]);
    if (slot === at) return { kind: 'starved', victim, mute, hidden };
    return { kind: 'mute', mute, powerCut: powerCut && slot === at + 1 };
  });
}

/**
 * One member votes for a value that the others never see, then another one alone learns their agreement, then
 * the first is heard again. In this moment, votes of several ranks that are counted together would agree a
 * second time.
 */
function twoVictims({ honest }: GroupSetup, prng: Prng): readonly NetworkCondition[] {
  const first = prng.pick(honest);
  const second = prng.pick(honest.filter((seat) => seat !== first));
  const hidden = new Set(RESULTS);
  return Array.from({ length: SLOTS }, (_, slot): NetworkCondition => {
    if (slot === 0) return { kind: 'mute', mute: new Set([first]), powerCut: false };
    if (slot === 1) return { kind: 'starved', victim: second, mute: new Set([first]), hidden };
    return { kind: 'mute', mute: new Set([second]), powerCut: false };
  });
}

/**
 * Only one member is locked, then another one on a different value, then everything works. In this moment,
 * members that never release a lock would be stuck for ever.
 */
function twoLocks({ honest }: GroupSetup, prng: Prng): readonly NetworkCondition[] {
  const first = prng.pick(honest);
  const second = prng.pick(honest.filter((seat) => seat !== first));
  const [mute, hidden] = [new Set([first]), new Set(VOTES)];
  return Array.from({ length: SLOTS }, (_, slot): NetworkCondition => {
    if (slot > 1) return QUIET;
    return { kind: 'starved', victim: slot === 0 ? first : second, mute, hidden };
  });
}

function anyCondition({ honest }: GroupSetup, prng: Prng): NetworkCondition {
  const kind = prng.fraction();
  if (kind < 0.45) return QUIET;
  if (kind < 0.6) return { kind: 'lossy', lose: 0.4 * prng.fraction(), double: 0.2 };
  if (kind < 0.72) return { kind: 'split', side: new Set(prng.some(honest, 0.4)) };
  if (kind < 0.8) return { kind: 'mute', mute: new Set([prng.pick(honest)]), powerCut: false };
  if (kind < 0.88) return { kind: 'stalled' };
  return { kind: 'rough' };
}

/** Whether a message between two honest members gets through. Byzantine members bypass the network. */
export function passes(
  condition: NetworkCondition,
  from: number,
  to: number,
  kind: MessageKind | null,
  prng: Prng,
): boolean {
  switch (condition.kind) {
    case 'lossy':
      return !prng.chance(condition.lose);
    case 'rough':
      return !prng.chance(0.15);
    case 'split':
      return condition.side.has(from) === condition.side.has(to);
    case 'mute':
      return !condition.mute.has(from);
    case 'starved':
      return (
        !condition.mute.has(from) && (to === condition.victim || kind === null || !condition.hidden.has(kind))
      );
    default:
      return true;
  }
}

/** The delay of a message. In a quiet network it is short compared with a rank. */
export function delayMs(condition: NetworkCondition, prng: Prng): number {
  if (condition.kind === 'quiet') return prng.between(20, 300);
  return prng.chance(0.1) ? prng.between(300, 12_000) : prng.between(20, 2_000);
}
