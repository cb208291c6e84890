import { VERSION_WINDOWS, versionOf } from './group-setup.ts';
import type { SimMember } from './member.ts';
import { type Prng, prngOf } from './prng.ts';
import { BLOCK_MS } from './simulated-chain.ts';
import type { World } from './world.ts';

/** The most windows by which a member installs a version before or after it comes into force. */
const EARLY_WINDOWS = 6;
const LATE_WINDOWS = 3;
/** Older versions are removed from the files, so that a long run does not slow down. */
const KEPT_VERSIONS = 8;
/** How many windows a wrong file stays. */
const WRONG_WINDOWS = 3n;

/**
 * Operators install versions of the schedule early, late, and sometimes with another content under the
 * number.
 */
export function installVersions(world: World, window: bigint): void {
  const { setup, settings, members, later, prng, tally } = world;
  for (const member of members) {
    const plans = prngOf(`${settings.seed}/install/${member.seat}`);
    const wanted = setup.schedule.filter(
      ({ version }) => window >= installWindow(version, plans.of(`${version}`)),
    ).length;
    const newest = Math.max(1, wanted);
    const isWrong = newest > 1 && hasWrongFile(newest, window, plans.of(`${newest}`));
    const schedule = setup.schedule
      .slice(Math.max(0, newest - KEPT_VERSIONS), newest)
      .map((known) => (isWrong && known.version === newest ? versionOf(newest, '-wrong') : known));
    const isSame =
      member.installed().at(-1)?.version === newest &&
      member.installed().at(-1)?.agenda[0]?.parameters === schedule.at(-1)?.agenda[0]?.parameters;
    if (isSame) continue;
    member.install(schedule);
    tally.count('events', isWrong ? 'wrong schedule installed' : 'schedule installed');
    later.after(prng.between(0, 12 * BLOCK_MS), () => restart(world, member));
  }
}

function installWindow(version: number, prng: Prng): bigint {
  return BigInt((version - 1) * VERSION_WINDOWS + prng.between(-EARLY_WINDOWS, LATE_WINDOWS));
}

function hasWrongFile(version: number, window: bigint, prng: Prng): boolean {
  const from = installWindow(version, prng);
  return prng.chance(0.15) && window < from + WRONG_WINDOWS;
}

export function restart({ later, prng, tally }: World, member: SimMember): void {
  member.crash();
  tally.count('events', 'restarts');
  later.after(prng.between(500, 2_000), () => member.start());
}
