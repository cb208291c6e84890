import { keysOf } from '../graph/key-set.ts';
import type { LiveResource } from '../live/port.ts';
import {
  futureHolder,
  judge,
  type KeyClaims,
  type KeyHolder,
  keyStores,
  type LiveHolder,
  liveHolders,
  NO_CLAIMS,
  type Verdict,
} from '../signers/index.ts';
import type { PlanProblem, Step } from './change.ts';
import { begins } from './check.ts';
import { planProblem } from './steps.ts';

type Live = ReadonlyMap<string, LiveResource>;

/** A holder of this network, after the plan. */
interface Own extends KeyHolder {
  readonly isBegun: boolean;
}

/**
 * Users of a network's keys that no order of its steps can end: a signer that no place of the network has,
 * and one set of keys under two names.
 */
export function keysElsewhere(
  network: string,
  steps: readonly Step[],
  live: Live,
  claims: KeyClaims,
): readonly PlanProblem[] {
  const stores = keyStores(live);
  const holders = liveHolders(live, stores);
  const touched = new Set(steps.map(({ resourceId }) => resourceId));
  const begun = steps.flatMap(({ resourceId, resource }): readonly Own[] => {
    const use = resource?.subject.keySet ?? null;
    const isBegun = begins({ resourceId, resource }, live) !== null;
    return use === null ? [] : [{ ...futureHolder(resourceId, use, stores), isBegun }];
  });
  const kept = holders
    .filter((one) => one.network === network && !touched.has(one.workload))
    .map((one): Own & Pick<LiveHolder, 'workload'> => ({ ...one, isBegun: false }));
  const own = [...begun, ...kept];
  const foreign = holders.filter(({ owner }) => owner !== null);
  return [...foreign.flatMap((other) => ofAnother(own, other, live, claims)), ...underTwoNames(own, holders)];
}

/** A step that keeps its keys, or a signer that lives already, is refused only for keys that were seen. */
function ofAnother(
  holders: readonly Own[],
  other: LiveHolder,
  live: Live,
  claims: KeyClaims,
): readonly PlanProblem[] {
  return holders.flatMap((one): readonly PlanProblem[] => {
    // No Secret that `apply` will read shows keys in namespaces that may not be listed.
    const isAssumed = claims.differentKeys === 'unread' && live.get(other.id)?.kind === 'unseen';
    const own = isAssumed ? NO_CLAIMS : claims;
    const verdict = judge(one, other, one.isBegun ? own : { differentKeys: true });
    return verdict.answer === 'no' ? [] : [heldElsewhere(one, other, verdict)];
  });
}

function heldElsewhere(own: Own, other: LiveHolder, verdict: Verdict): PlanProblem {
  const who = `${other.id} of ${other.owner}`;
  if (verdict.answer === 'unknown')
    return {
      ...planProblem('two-signers', own.id, `${who} may have its keys: ${verdict.because}`),
      remedy: `let that node start once, so that its keystore shows its public keys, or let this account read all pods (\`watchbill fleet file render --format access\` writes the rights); or add --different-keys: with it you claim that neither has a key of the other`,
    };
  return {
    ...planProblem(
      'two-signers',
      own.id,
      `${who} has its keys (${other.use}), and no plan of this network stops it`,
    ),
    remedy: `stop that signer, for example by removing it from its network file, Helm release or manifest, wait until it is gone, and plan again; if these are other keys of the same name, give them a new name: \`keys: {session: {set: NAME}}\``,
  };
}

/** Steps are ordered by the names of key sets, so one set must not have two names. */
function underTwoNames(own: readonly Own[], holders: readonly LiveHolder[]): readonly PlanProblem[] {
  const said = new Set<string>();
  return own.flatMap((one, at): readonly PlanProblem[] => {
    const others = [...holders.filter(({ workload }) => workload !== one.id), ...own.slice(at + 1)];
    for (const other of others) {
      const verdict = judge(one, other, { differentKeys: true });
      if (verdict.answer !== 'yes' || verdict.by !== 'key' || keysOf(one.use) === keysOf(other.use)) continue;
      if (said.has(one.id)) return [];
      said.add(one.id);
      return [twoNames(one, other, verdict.because)];
    }
    return [];
  });
}

function twoNames(one: KeyHolder, other: KeyHolder, because: string): PlanProblem {
  const names = [one, other]
    .map(({ use }) => keysOf(use))
    .sort()
    .join(' and ');
  return {
    ...planProblem('two-signers', one.id, `it and ${other.id}: ${because}, under the names ${names}`),
    remedy:
      'give each node separate seeds; if both are to have the same keys, or to get them one after the other, write the same name for both: `keys: {session: {set: NAME}}`',
  };
}
