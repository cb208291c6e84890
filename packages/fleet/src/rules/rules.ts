import type { Problem } from '../network/problem.ts';
import { backupFits } from './backup.ts';
import { chainFits } from './chain.ts';
import type { Rule, RuleContext } from './context.ts';
import { dutyFits } from './duty.ts';
import { exposureFits, podsOfAPoolAreReachedAlike } from './exposure.ts';
import { flagsFit } from './flags.ts';
import { bootNodesAreKnown, keysAreApart, keysAreWhole, peerIdsAreApart } from './keys.ts';
import { nodesMeet } from './meeting.ts';
import { placesAreApart, placesExist } from './places.ts';
import { portsAreApart } from './ports.ts';
import { stagesRise } from './rollout.ts';
import { setsAreAlike, signersRunOnce } from './signers.ts';
import { softwareFits } from './software.ts';

const RULES: readonly Rule[] = [
  placesExist,
  placesAreApart,
  chainFits,
  softwareFits,
  flagsFit,
  signersRunOnce,
  setsAreAlike,
  keysAreWhole,
  keysAreApart,
  dutyFits,
  bootNodesAreKnown,
  peerIdsAreApart,
  exposureFits,
  podsOfAPoolAreReachedAlike,
  portsAreApart,
  stagesRise,
  backupFits,
];

/**
 * Everything that is wrong with what a network file means, in the order of its lines; nothing twice. `apart`: its places are as far from
 * each other as the file says, and not all on this machine.
 */
export function ruleProblems(context: RuleContext, apart = true): readonly Problem[] {
  const seen = new Set<string>();
  const basic = RULES.flatMap((rule) => rule(context));
  // Who meets whom follows from keys, places and ports: what is wrong there is said first.
  const all = basic.length > 0 || !apart ? basic : nodesMeet(context);
  return all
    .filter(({ code, path, what }) => {
      // What a pool has wrong, its nodes have wrong too, and would say again.
      const key = `${code} ${path} ${what.replace(/^\S+ \(\w+\)/, '')}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((one, other) => one.at.line - other.at.line || one.at.column - other.at.column);
}
