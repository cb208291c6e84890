import type { Policy } from '../../rule/index.ts';
import { PermitFault } from '../contract.ts';

/** Whether this name may report about the chain of a key. */
export function mayObserve(policy: Policy, observer: string): boolean {
  return namesOf(policy).includes(observer);
}

/** The nodes that may observe for a key: its listed nodes and its observers. */
export function namesOf({ roster, ceilings }: Pick<Policy, 'roster' | 'ceilings'>): readonly string[] {
  return [...new Set([...roster.map((node) => node.name), ...ceilings.observers])];
}

/** Throws a PermitFault `not-observer` if no policy of the chain lists the name. */
export function mustObserve(chain: string, observer: string, policies: readonly Policy[]): void {
  if (observersOf(policies).get(chain)?.has(observer) === true) return;
  throw new PermitFault(
    'not-observer',
    403,
    `${observer} is neither a listed node nor an observer of chain ${chain}`,
    'List it in the roster or in ceilings.observers of a policy.',
  );
}

type ObserverNames = ReadonlyMap<string, ReadonlySet<string>>;
const observerNames = new WeakMap<readonly Policy[], ObserverNames>();

/** The observers of each chain. Kept for each list of policies, because every node reports each second. */
function observersOf(policies: readonly Policy[]): ObserverNames {
  const known = observerNames.get(policies);
  if (known !== undefined) return known;
  const names = new Map<string, Set<string>>();
  for (const policy of policies) {
    const ofChain = names.get(policy.chain) ?? new Set();
    for (const name of namesOf(policy)) ofChain.add(name);
    names.set(policy.chain, ofChain);
  }
  observerNames.set(policies, names);
  return names;
}
