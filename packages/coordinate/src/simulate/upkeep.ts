import { VERSION_WINDOWS, versionOf } from './group-setup.ts';
import type { SimMember } from './member.ts';
import { type Dice, diceOf } from './prng.ts';
import { BLOCK_MS } from './simulated-chain.ts';
import type { World } from './world.ts';

/** How many windows before and after a version comes into force its last member may install it. */
const EARLY_WINDOWS = 6;
const LATE_WINDOWS = 3;
/** Older versions are taken out of the files, so that a long run stays as fast as it began. */
const KEPT_VERSIONS = 8;
/** How long a wrong file stays. */
const WRONG_WINDOWS = 3n;

/** Operators install versions of the schedule early, late, and sometimes with another content under the number. */
export function installVersions(world: World, window: bigint): void {
  const { cast, settings, members, later, dice, tally } = world;
  for (const member of members) {
    const plans = diceOf(`${settings.seed}/install/${member.seat}`);
    const wanted = cast.schedule.filter(
      ({ version }) => window >= installWindow(version, plans.of(`${version}`)),
    ).length;
    const newest = Math.max(1, wanted);
    const isWrong = newest > 1 && hasWrongFile(newest, window, plans.of(`${newest}`));
    const schedule = cast.schedule
      .slice(Math.max(0, newest - KEPT_VERSIONS), newest)
      .map((known) => (isWrong && known.version === newest ? versionOf(newest, '-wrong') : known));
    const isSame =
      member.installed().at(-1)?.version === newest &&
      member.installed().at(-1)?.agenda[0]?.parameters === schedule.at(-1)?.agenda[0]?.parameters;
    if (isSame) continue;
    member.install(schedule);
    tally.count('events', isWrong ? 'wrong schedule installed' : 'schedule installed');
    later.after(dice.between(0, 12 * BLOCK_MS), () => restart(world, member));
  }
}

function installWindow(version: number, dice: Dice): bigint {
  return BigInt((version - 1) * VERSION_WINDOWS + dice.between(-EARLY_WINDOWS, LATE_WINDOWS));
}

function hasWrongFile(version: number, window: bigint, dice: Dice): boolean {
  const from = installWindow(version, dice);
  return dice.chance(0.15) && window < from + WRONG_WINDOWS;
}

export function restart({ later, dice, tally }: World, member: SimMember): void {
  member.crash();
  tally.count('events', 'restarts');
  later.after(dice.between(500, 2_000), () => member.start());
}
