import type { MessageKind } from '../quorum/messages.ts';
import { type Cast, WINDOWS } from './group-setup.ts';
import type { Dice } from './prng.ts';

/** How the world is while a rank lasts. */
export type Weather =
  /** Everything works: whoever is up hears everybody in time. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'lossy'; readonly lose: number; readonly double: number }
  /** Those on the side do not hear the others, nor the others them. */
  | { readonly kind: 'split'; readonly side: ReadonlySet<number> }
  /** Only the victim hears messages of the hidden kinds, and nobody hears those that are mute. */
  | {
      readonly kind: 'starved';
      readonly victim: number;
      readonly mute: ReadonlySet<number>;
      readonly hidden: ReadonlySet<MessageKind>;
    }
  /** Nobody hears those that are mute. With a power cut, all others go down at the beginning and come back. */
  | { readonly kind: 'mute'; readonly mute: ReadonlySet<number>; readonly powerCut: boolean }
  /** Finality stands still, for everybody. */
  | { readonly kind: 'stalled' }
  /** Crashes at any effect, full disks, heights that are skipped, repeated or late, ports that fail. */
  | { readonly kind: 'rough' };

/** Slots of a window: its ranks, the time for certificates, the quiet after it. */
export const SLOTS = WINDOWS.rankCount + 2;

const QUIET: Weather = { kind: 'quiet' };
const VOTES: readonly MessageKind[] = ['prepare', 'commit', 'certificate'];
const RESULTS: readonly MessageKind[] = ['commit', 'certificate'];

/** The weather of all slots of a window, and what it is about: liars know what is to come. */
export interface Sky {
  readonly about: 'nothing' | 'second-certificate' | 'standstill';
  readonly slots: readonly Weather[];
}

export function skyOf(cast: Cast, dice: Dice): Sky {
  const plan = dice.fraction();
  if (plan < 0.25) return { about: 'nothing', slots: Array.from({ length: SLOTS }, () => QUIET) };
  if (plan < 0.55) return { about: 'second-certificate', slots: ambush(cast, dice) };
  if (plan < 0.67) return { about: 'second-certificate', slots: twoVictims(cast, dice) };
  if (plan < 0.75) return { about: 'standstill', slots: twoLocks(cast, dice) };
  return { about: 'nothing', slots: Array.from({ length: SLOTS }, () => anyWeather(cast, dice)) };
}

/**
 * One member alone learns what the others agreed on, and cannot tell them: the moment in which a protocol without locks, or
 * with locks that a power cut takes away, agrees a second time.
 */
function ambush({ honest }: Cast, dice: Dice): readonly Weather[] {
  const victim = dice.pick(honest);
  const at = dice.between(0, WINDOWS.rankCount - 2);
  const powerCut = dice.chance(0.5);
  const hidden = new Set(powerCut || dice.chance(0.5) ? RESULTS : VOTES);
  return Array.from({ length: SLOTS }, (_, slot): Weather => {
    if (slot < at) return { kind: 'stalled' };
    const mute = new Set([victim]);
    if (slot === at) return { kind: 'starved', victim, mute, hidden };
    return { kind: 'mute', mute, powerCut: powerCut && slot === at + 1 };
  });
}

/**
 * One member votes for what the others never get to know, then another one alone learns what they agreed on, then the first
 * is heard again: the moment in which votes of several ranks, counted together, agree a second time.
 */
function twoVictims({ honest }: Cast, dice: Dice): readonly Weather[] {
  const first = dice.pick(honest);
  const second = dice.pick(honest.filter((seat) => seat !== first));
  const hidden = new Set(RESULTS);
  return Array.from({ length: SLOTS }, (_, slot): Weather => {
    if (slot === 0) return { kind: 'mute', mute: new Set([first]), powerCut: false };
    if (slot === 1) return { kind: 'starved', victim: second, mute: new Set([first]), hidden };
    return { kind: 'mute', mute: new Set([second]), powerCut: false };
  });
}

/**
 * One member alone is locked, then another one on something else, then everything works: the moment in which members who
 * never give a lock up stand still for good.
 */
function twoLocks({ honest }: Cast, dice: Dice): readonly Weather[] {
  const first = dice.pick(honest);
  const second = dice.pick(honest.filter((seat) => seat !== first));
  const [mute, hidden] = [new Set([first]), new Set(VOTES)];
  return Array.from({ length: SLOTS }, (_, slot): Weather => {
    if (slot > 1) return QUIET;
    return { kind: 'starved', victim: slot === 0 ? first : second, mute, hidden };
  });
}

function anyWeather({ honest }: Cast, dice: Dice): Weather {
  const kind = dice.fraction();
  if (kind < 0.45) return QUIET;
  if (kind < 0.6) return { kind: 'lossy', lose: 0.4 * dice.fraction(), double: 0.2 };
  if (kind < 0.72) return { kind: 'split', side: new Set(dice.some(honest, 0.4)) };
  if (kind < 0.8) return { kind: 'mute', mute: new Set([dice.pick(honest)]), powerCut: false };
  if (kind < 0.88) return { kind: 'stalled' };
  return { kind: 'rough' };
}

/** Whether a message between two honest members gets through. Liars have ways of their own. */
export function passes(
  weather: Weather,
  from: number,
  to: number,
  kind: MessageKind | null,
  dice: Dice,
): boolean {
  switch (weather.kind) {
    case 'lossy':
      return !dice.chance(weather.lose);
    case 'rough':
      return !dice.chance(0.15);
    case 'split':
      return weather.side.has(from) === weather.side.has(to);
    case 'mute':
      return !weather.mute.has(from);
    case 'starved':
      return !weather.mute.has(from) && (to === weather.victim || kind === null || !weather.hidden.has(kind));
    default:
      return true;
  }
}

/** How long a message is under way. In quiet weather a rank is long against it. */
export function delayMs(weather: Weather, dice: Dice): number {
  if (weather.kind === 'quiet') return dice.between(20, 300);
  return dice.chance(0.1) ? dice.between(300, 12_000) : dice.between(20, 2_000);
}
