import type { Problem } from '../network/problem.ts';
import { backupFits } from './backup.ts';
import { chainFits } from './chain.ts';
import { rangesLeaveNodes } from './closed-ranges.ts';
import type { Rule, RuleContext } from './context.ts';
import { dutyFits } from './duty.ts';
import { exposureFits, podsOfAPoolAreReachedAlike } from './exposure.ts';
import { flagsFit } from './flags.ts';
import { jobsFit } from './jobs.ts';
import { bootNodesAreKnown, keysAreApart, keysAreWhole, peerIdsAreApart } from './keys.ts';
import { nodesMeet } from './meeting.ts';
import { namesAreApart } from './names.ts';
import { placesAreApart, placesExist } from './places.ts';
import { podsFit } from './pods.ts';
import { nodePortsFit, portsAreApart } from './port-rules.ts';
import { relayUrlsFit } from './relay-urls.ts';
import { stagesRise } from './rollout.ts';
import { serviceFits } from './service.ts';
import { setsAreAlike, signersRunOnce } from './signers.ts';
import { softwareFits } from './software.ts';
import { serviceSettingsHaveEffect, settingsHaveEffect } from './without-effect.ts';

const RULES: readonly Rule[] = [
  placesExist,
  placesAreApart,
  namesAreApart,
  chainFits,
  softwareFits,
  podsFit,
  flagsFit,
  relayUrlsFit,
  signersRunOnce,
  setsAreAlike,
  keysAreWhole,
  keysAreApart,
  dutyFits,
  serviceFits,
  bootNodesAreKnown,
  peerIdsAreApart,
  exposureFits,
  podsOfAPoolAreReachedAlike,
  portsAreApart,
  nodePortsFit,
  rangesLeaveNodes,
  stagesRise,
  backupFits,
  jobsFit,
  settingsHaveEffect,
  serviceSettingsHaveEffect,
];

/**
 * All faults in the meaning of a network file, in the order of its lines, without repetitions. `apart`: its
 * places are as far apart as the file says, and not all on this machine.
 */
export function ruleProblems(context: RuleContext, apart = true): readonly Problem[] {
  const seen = new Set<string>();
  const basic = RULES.flatMap((rule) => rule(context));
  // The meeting of nodes follows from keys, places and ports, so faults of those come first.
  const all = basic.length > 0 || !apart ? basic : nodesMeet(context);
  return all
    .filter(({ code, path, what }) => {
      // The nodes of a pool repeat the faults of the pool.
      const key = `${code} ${path} ${what.replace(/^\S+ \(\w+\)/, '')}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((one, other) => one.at.line - other.at.line || one.at.column - other.at.column);
}
