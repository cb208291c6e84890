import {
  ceilingOver,
  clockCeiling,
  compareUnits,
  countedBy,
  DUTIES,
  type Duty,
  formatUnit,
  highestSeen,
  LARGEST_STEPS,
  type Policy,
  slotStartMs,
  type Unit,
  withinCeiling,
} from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/contract.ts';
import type { FloorReason, PlannedFloor, PlanProblem } from './plan.ts';
import type { NodeView } from './situation.ts';

/** A unit that was granted, or may have been, and where this is known from. */
export interface KnownTop {
  readonly from: string;
  readonly unit: Unit;
}

/** One duty of a policy. */
export interface FloorQuestion extends Pick<PolicyDocument, 'chain' | 'key' | 'ceilings' | 'originalWire'> {
  readonly duty: Duty;
  readonly known: readonly KnownTop[];
  /** Those of other chains do not count. */
  readonly nodes: readonly NodeView[];
  /** The floor of the operator; undefined if none is given. */
  readonly given: Unit | null | undefined;
  /** Unix milliseconds of this machine's clock. */
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;

/**
 * The floor of one duty: the highest of everything that is known and of the present of the chain, with every
 * number that it was chosen above. A problem if the present is not known and no floor is given, or if the
 * given floor is below one of the numbers.
 */
export function floorOf(asked: FloorQuestion) {
  const { duty, given, known, chain } = asked;
  const nodes = asked.nodes.filter((node) => node.chain === chain);
  const question = { ...asked, nodes: countedBy(asked, nodes) };
  const present = duty.ceiling === 'clock' ? slotPresent(question) : nodePresent(question);
  const reasons = [...known, ...present.tops].toSorted((a, b) => compareUnits(b.unit, a.unit));
  const problems = givenProblems(question, reasons);
  const highest = reasons[0]?.unit ?? null;
  if (given === undefined && present.lacks !== null)
    problems.push({ what: `${nameOf(question)}: ${present.lacks}`, remedy: remedyOf(question, highest) });
  const floor = given ?? highest;
  const all: FloorReason[] = reasons.map(({ from, unit }) => ({ from, unit: formatUnit(unit) }));
  if (given != null) all.unshift({ from: 'the operator', unit: formatUnit(given) });
  const text = floor === null ? null : formatUnit(floor);
  const holds = holdsText(question, floor);
  const planned: PlannedFloor = { duty: duty.name, floor: text, reasons: all, holds };
  return { planned, problems };
}

interface Present {
  readonly tops: readonly KnownTop[];
  /** Why the present of the chain is not known well enough; null if it is. */
  readonly lacks: string | null;
}

function slotPresent({ duty, ceilings, nodes, nowMs }: FloorQuestion): Present {
  const moments = [
    { from: 'the slot of the clock and the allowed skew', ms: nowMs },
    ...nodes.flatMap(({ url, newestMs }) =>
      newestMs === null ? [] : [{ from: `the newest block of ${url} and the allowed skew`, ms: newestMs }],
    ),
  ];
  const tops = moments.flatMap(({ from, ms }) => {
    const ceiling = clockCeiling(duty, ceilings, ms);
    const [unit] = ceiling.kind === 'at' ? ceiling.highest : [];
    return unit === undefined ? [] : [{ from, unit }];
  });
  return { tops, lacks: tops.length > 0 ? null : 'the chain has not begun by the clock of this machine' };
}

/**
 * The present needs two independent nodes that agree; a report of one of them also counts. The floor covers
 * the step inside the set that a node reports. A signer that was ahead of the nodes may also have been
 * granted first rounds of the next set; those lie under the base of the session that follows the recovery. A
 * floor above them would deny all that is left of the set. A policy with `return: trust` waives that base,
 * also here.
 */
function nodePresent({ duty, ceilings, nodes }: FloorQuestion): Present {
  const seen = independent(nodes)
    .flatMap((node) => {
      const unit = highestSeen(duty, [{ observer: node.url, ...node }]);
      return unit === null ? [] : [{ url: node.url, unit }];
    })
    .toSorted((a, b) => compareUnits(b.unit, a.unit));
  const tops = seen.flatMap(({ url, unit }) => {
    // The largest: the policy may be the one of a backup, and a larger step may have been in force since.
    const [above] = ceilingOver(duty, LARGEST_STEPS, unit).highest;
    return above === undefined
      ? []
      : [{ from: `${formatUnit(unit)} seen by ${url}, and the step`, unit: above }];
  });
  const [first, second] = seen;
  if (first === undefined || second === undefined)
    return {
      tops,
      lacks: `${seen.length} of the two independent nodes that are needed reported the present`,
    };
  // Within a step inside one set, or up to a step into the next one.
  if (withinCeiling(ceilingOver(duty, ceilings, second.unit), first.unit)) return { tops, lacks: null };
  const said = `${first.url} says ${formatUnit(first.unit)}, ${second.url} says ${formatUnit(second.unit)}`;
  return { tops, lacks: `the nodes do not agree: ${said}` };
}

/** One node that answers at two addresses is one witness. */
function independent(nodes: readonly NodeView[]): readonly NodeView[] {
  const byIdentity = new Map(nodes.map((node) => [node.peer ?? node.url, node]));
  return [...byIdentity.values()];
}

/** A floor is never lowered: one by a wrong block of the future would block the key for good. */
export function aheadOfClock(nodes: readonly NodeView[], nowMs: number): readonly PlanProblem[] {
  return nodes
    .filter(({ newestMs }) => newestMs !== null && newestMs - nowMs > DAY_MS)
    .map(({ url }) => ({
      what: `the newest block of ${url} is more than a day ahead of the clock of this machine`,
      remedy: 'correct the clock (NTP); if it is right, name another node',
    }));
}

function givenProblems(question: FloorQuestion, reasons: readonly KnownTop[]): PlanProblem[] {
  const { given, ceilings, duty, nowMs } = question;
  const above = reasons.find(({ unit }) => given === null || (given && compareUnits(unit, given) > 0));
  const name = nameOf(question);
  if (given !== undefined && above !== undefined) {
    const said = given === null ? 'never' : formatUnit(given);
    const what = `the floor ${said} of ${name} is below ${formatUnit(above.unit)} (${above.from})`;
    return [{ what, remedy: `give ${formatUnit(above.unit)} or more, or leave --floor out` }];
  }
  if (given == null || duty.ceiling !== 'clock') return [];
  const aheadMs = slotStartMs(ceilings, given[0] ?? 0n) - nowMs;
  if (aheadMs <= DAY_MS) return [];
  const what = `the floor ${formatUnit(given)} of ${name} is more than a day ahead of the clock`;
  return [{ what, remedy: 'look for a figure too many: a floor is never lowered' }];
}

function remedyOf({ chain, key, duty }: FloorQuestion, highest: Unit | null): string {
  const least = highest === null ? '' : `, at least ${formatUnit(highest)}`;
  return `name two nodes of this chain with --node, or give --floor ${chain}/${key}/${duty.name}=UNIT${least}`;
}

function nameOf({ duty, key }: FloorQuestion): string {
  return `${duty.name} of key ${key}`;
}

function holdsText({ duty, ceilings }: FloorQuestion, floor: Unit | null): string {
  if (floor === null) return 'never';
  if (duty.ceiling === 'clock') {
    const ms = slotStartMs(ceilings, (floor[0] ?? 0n) + 1n);
    const date = new Date(ms);
    return Number.isNaN(date.getTime()) ? `until slot ${floor[0]} passed` : `until ${date.toISOString()}`;
  }
  const [first, second] = floor;
  const [outer, inner] = duty.fields.map(({ name }) => name);
  if (second === undefined) return `until ${outer} ${first} passed`;
  return `until ${inner} ${second} of ${outer} ${first} passed`;
}

/** Which duties of a key are adopted: those in force, and those that ever had a mark. */
export function dutiesOf(policy: Pick<Policy, 'duties'>, known: Iterable<string>): readonly Duty[] {
  const enabled = Object.keys(policy.duties).filter((name) => policy.duties[name]?.enabled === true);
  const names = new Set([...enabled, ...known]);
  return DUTIES.filter(({ name }) => names.has(name));
}
