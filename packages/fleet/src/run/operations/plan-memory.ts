import { isBornUse } from '../../file/graph/index.ts';
import type { Graph, Place, PlaceRead, Plan, PlanProblem } from '../../file/index.ts';
import { isEmptyOf, type Memory, type MemoryLine, sameRemembered } from '../apply/memory.ts';
import { rememberLines } from './past-places.ts';
import type { Identified } from './targets.ts';

/**
 * Refuses a plan that starts a signer with named keys if it is not known where the network had signers
 * before. Keys that are born in a node are in no other place.
 */
export function withMemory(plan: Plan, memory: { readonly isKnown: boolean; readonly where: string }): Plan {
  if (memory.isKnown) return plan;
  const problems = plan.steps.flatMap(({ action, risk, resourceId, resource }): readonly PlanProblem[] => {
    const use = resource?.subject.keySet ?? null;
    const begins = use !== null && !isBornUse(use) && (action === 'create' || risk === 'signing');
    return begins ? [withoutMemory(resourceId, memory.where)] : [];
  });
  return problems.length === 0 ? plan : { ...plan, problems: [...plan.problems, ...problems] };
}

function withoutMemory(resourceId: string, where: string): PlanProblem {
  return {
    code: 'no-memory',
    resourceId,
    what: `a signer with named keys would start, and neither ${where} nor a place records where this network had signers before`,
    remedy:
      'use the folder with the memory of this network (--state); or add --first-time: with it you claim that no signer has ever run with these keys elsewhere',
  };
}

/** A memory that begins without the claim stays partial until a person makes it. */
export function beginLines(memory: Memory | null, isFirstTime: boolean): readonly MemoryLine[] {
  if (isFirstTime) return memory?.isPartial === false ? [] : [{ what: 'complete' }];
  return memory === null ? [{ what: 'partial' }] : [];
}

export interface Seen extends Identified {
  readonly reads: readonly PlaceRead[];
  /** Names of machines of which a person claims that they are the same as before. */
  readonly sameMachine: readonly string[];
}

/**
 * A place that was filled from another machine, or before the memory began, is remembered from now on. So are
 * the traits of a machine that the memory lacks, and those that a person claimed to be right.
 */
export function seenLines(
  memory: Memory | null,
  { network, places }: Graph,
  { identities, traits, reads, sameMachine }: Seen,
): readonly MemoryLine[] {
  const inUse = new Set(
    reads.flatMap((read) => (read.ok && !isEmptyOf(network, read.state.live) ? [read.state.place] : [])),
  );
  const isKnown = (place: Place): boolean => {
    const remembered = memory === null ? [] : sameRemembered(memory, place, identities[place.name] ?? '');
    const hasTraits = remembered.some((one) => one.traits !== undefined);
    return remembered.length > 0 && (hasTraits || traits[place.name] === undefined);
  };
  const unknown = places.filter(
    (place) => sameMachine.includes(place.name) || (inUse.has(place.name) && !isKnown(place)),
  );
  return rememberLines(memory, unknown, identities, traits);
}

/** Notes about the memory for a person, beside the steps. */
export function memoryNotes(
  memory: Memory | null,
  from: readonly string[],
  { where, network }: { readonly where: string; readonly network: string },
): readonly string[] {
  if (memory === null)
    return [
      `${where} has no record of network ${network}: a place that an earlier file named, or that was applied from elsewhere, is not looked at. If there may be one, name it in the file and plan again.`,
    ];
  if (from.length === 0) return [];
  return [`${where} lacked records of network ${network} that ${from.join(', ')} had; they were added.`];
}

export interface FirstTimeClaim {
  readonly isFirstTime: boolean;
  /** Places that remember more than this folder did. */
  readonly from: readonly string[];
  /** After those places were asked. */
  readonly memory: Memory | null;
}

/**
 * `--first-time` is wrong if a place remembers the network and this folder did not. A partial memory that
 * names no place is of commands before the first plan, such as `secrets put`.
 */
export function claimProblems(
  network: string,
  own: Memory | null,
  { isFirstTime, from, memory }: FirstTimeClaim,
): readonly PlanProblem[] {
  const [first] = from;
  if (!isFirstTime || own?.isPartial === false || first === undefined) return [];
  if (memory?.isPartial === true && memory.places.length === 0) return [];
  return [
    {
      code: 'not-first-time',
      resourceId: first,
      what: `--first-time claims that network ${network} never ran, and ${from.join(', ')} remembers it; this folder now has that memory`,
      remedy: 'plan again without --first-time',
    },
  ];
}
