import type { Problem } from '../network/problem.ts';
import type { FleetNode, FleetPool } from '../normalise/network.ts';
import { type Rule, settingProblem, settingsOwners } from './context.ts';
import { customFlagFinding, flagFinding } from './flags/check.ts';

/** Flags are those of the node's release, and none that is managed or unsafe. */
export const flagsFit: Rule = ({ network }) => settingsOwners(network).flatMap(flagProblems);

function flagProblems(owner: FleetPool | FleetNode): readonly Problem[] {
  const { flags, relayFlags, customFlags, software } = owner.settings;
  const of = (section: 'flags' | 'relayFlags', values: typeof flags) =>
    Object.entries(values).flatMap(([name, value]) => {
      const found = flagFinding(name, value, software.sdk);
      return found === null ? [] : [settingProblem(owner, `${section}.${name}`, found)];
    });
  const custom = customFlags.flatMap((text) => {
    const found = customFlagFinding(text);
    return found === null ? [] : [settingProblem(owner, 'customFlags', found)];
  });
  return [...of('flags', flags), ...of('relayFlags', relayFlags), ...custom];
}
