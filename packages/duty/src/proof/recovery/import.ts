import { jsonOrNull } from '@watchbill/kit';
import { z } from 'zod';
import { type Duty, dutyNamed, type Policy, parseUnit, slotStartMs, type Unit } from '../../rule/index.ts';
import type { AdoptRequest, MarkView, RollbackReportView } from '../../service/contract.ts';
import { markName, type Place, placeOf } from '../../service/ledger/lines.ts';
import type { FindingKind } from '../findings.ts';
import type { ProofReport } from '../verify.ts';
import { aheadOfClock, dutiesOf, floorOf, type KnownTop } from './floors.ts';
import { unusedFloors } from './make-plan.ts';
import type { PlanProblem } from './plan.ts';
import type { NodeView, RecoveryChoices } from './situation.ts';

/** The ledger that takes the floors, as its service shows it. */
export interface ImportTarget {
  readonly ledger: string;
  readonly policies: readonly Policy[];
  readonly marks: readonly MarkView[];
  readonly reports: readonly RollbackReportView[];
}

export interface ImportChoices extends Pick<RecoveryChoices, 'floors'> {
  /** The exports may be of another ledger than the target. */
  readonly fromOtherLedger: boolean;
  /** Entries may be missing: the operator has made sure that the floors are high enough. */
  readonly acceptGaps: boolean;
  /** Only this key; null for all keys of the exports. */
  readonly key: string | null;
  /** The present of the chains. */
  readonly nodes: readonly NodeView[];
  /** Unix milliseconds by the clock of the operator's machine. */
  readonly nowMs: number;
  /** How the operator made sure that the source is switched off and no other signer of the keys runs. */
  readonly confirmation: string;
}

export type ImportedKey = ReturnType<typeof plannedKey>;

export type ImportPlan =
  | { readonly ok: true; readonly keys: readonly ImportedKey[] }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] };

/** Findings that mean that the texts of the exports cannot be trusted. */
const UNTRUSTED: readonly FindingKind[] = ['entry-altered', 'entry-foreign', 'chain-broken'];

/**
 * The adoptions that carry the memory of verified exports into a ledger: one for each key. The source may
 * have granted more after its export, so floors are chosen as in a recovery: above everything that is known
 * and above the present of the chain. All problems are named at once, and then there is no plan.
 */
export function planImport(report: ProofReport, target: ImportTarget, choices: ImportChoices): ImportPlan {
  const ahead = aheadOfClock(choices.nodes, choices.nowMs);
  const problems = [...sourceProblems(report, target, choices), ...ahead];
  const wanted = keysOf(report, choices.key);
  const held = target.reports.filter((one) =>
    wanted.some((of) => of.chain === one.chain && of.key === one.key),
  );
  const words = [...exportedWords(report, problems), ...targetWords(held, problems)];
  const keys = wanted.flatMap(({ chain, key }) => {
    const policy = target.policies.find((one) => one.chain === chain && one.key === key);
    if (policy !== undefined) return [plannedKey({ report, target, choices, words, problems }, policy)];
    problems.push({
      what: `the target ledger has no policy for key ${key} of chain ${chain}`,
      remedy: 'Apply its policy first: `watchbill policy apply FILE`. Or import one key: --key.',
    });
    return [];
  });
  if (keys.length === 0 && problems.length === 0)
    problems.push({ what: 'the exports hold no mark of this key', remedy: 'Name a key that they hold.' });
  if (problems.length === 0) problems.push(...unusedFloors(choices, keys));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, keys };
}

function* sourceProblems(
  report: ProofReport,
  { ledger }: ImportTarget,
  choices: ImportChoices,
): Generator<PlanProblem> {
  if (report.ledger !== ledger && !choices.fromOtherLedger)
    yield {
      what: `the exports are of ledger ${report.ledger}, and the service has ledger ${ledger}`,
      remedy: 'Switch off every service and signer of the source, then give --from-other-ledger.',
    };
  const untrusted = UNTRUSTED.filter((kind) => kind in report.counts);
  if (untrusted.length > 0)
    yield {
      what: `the entries of the exports contradict each other (${untrusted.join(', ')})`,
      remedy: 'Look at `watchbill ledger verify`, and give exports that their services wrote.',
    };
  const incomplete = report.marks.filter(({ isComplete }) => !isComplete);
  const named =
    incomplete.length > 0 ? `of ${incomplete[0]?.mark} and ${incomplete.length - 1} other marks` : '';
  if (!choices.acceptGaps && (incomplete.length > 0 || 'no-marks' in report.counts))
    yield {
      what: `entries ${named} may be missing, so a floor may be too low`.replace(/ {2,}/g, ' '),
      remedy:
        'Add the exports of all services and the marks of the store. Or raise floors with --floor, and give --accept-gaps.',
    };
}

function keysOf({ marks }: ProofReport, only: string | null): readonly Pick<Place, 'chain' | 'key'>[] {
  const keys = new Map<string, Pick<Place, 'chain' | 'key'>>();
  for (const { mark } of marks) {
    const place = placeOf(mark);
    if (place !== null && (only === null || place.key === only))
      keys.set(`${place.chain} ${place.key}`, place);
  }
  return [...keys.values()].map(({ chain, key }) => ({ chain, key }));
}

/** A unit that a mark reached, and the source. */
interface Top extends KnownTop {
  readonly mark: string;
}

function topOf(from: string, place: Place, text: string): Top | null {
  const duty = dutyNamed(place.duty);
  const parsed = duty === null ? null : parseUnit(duty.fields, text);
  return parsed?.ok === true ? { mark: markName(place), from, unit: parsed.unit } : null;
}

const wordShape = z.object({ chain: z.string(), key: z.string(), duty: z.string(), top: z.string() });

/** The highest unit of each held word. A word that names no unit is an obstacle to the import. */
function exportedWords({ words }: ProofReport, problems: PlanProblem[]): readonly Top[] {
  return words.flatMap(({ id, service, text, release }) => {
    if (release !== null) return [];
    const parsed = wordShape.safeParse(jsonOrNull(text));
    const top = parsed.success ? topOf('a held word', parsed.data, parsed.data.top) : null;
    if (top !== null) return [top];
    problems.push({
      what: `the held word ${id} of service ${service} does not name a unit, so no floor is known to lie above it`,
      remedy:
        'Find out what its node signed, and release it at its service: `watchbill rollback-report release`.',
    });
    return [];
  });
}

/**
 * The service refuses an adoption below a word that it holds. One that is refused later would leave an import
 * half done.
 */
function targetWords(reports: readonly RollbackReportView[], problems: PlanProblem[]): readonly Top[] {
  return reports.flatMap(({ id, node, point, state, freed, ...place }) => {
    if (state !== 'held' || freed.includes(`${place.chain} ${place.key}`)) return [];
    const top = point.top === null ? null : topOf(`the held word ${id}`, place, point.top);
    if (top !== null) return [top];
    // The word of an adoption names no unit; the service judges it.
    if (point.unit === null) return [];
    problems.push({
      what: `the held word ${id} of ${node} knows of a unit that it does not name`,
      remedy: 'Release the report once you know what the node signed: `watchbill rollback-report release`.',
    });
    return [];
  });
}

interface Planning {
  readonly report: ProofReport;
  readonly target: ImportTarget;
  readonly choices: ImportChoices;
  readonly words: readonly Top[];
  readonly problems: PlanProblem[];
}

function plannedKey(planning: Planning, policy: Policy) {
  const { chain, key } = policy;
  const places = planning.report.marks.map(({ mark }) => placeOf(mark));
  const known = places.filter((place) => place?.chain === chain && place.key === key);
  const duties = dutiesOf(
    policy,
    known.map((place) => place?.duty ?? ''),
  );
  const floors = duties.map((duty) => plannedFloor(planning, policy, duty));
  const request: AdoptRequest = {
    chain,
    key,
    floors: Object.fromEntries(floors.map(({ duty, floor }) => [duty, floor])),
    confirmation: planning.choices.confirmation,
  };
  return { chain, key, floors, request };
}

/** `before`: the floor of the target now; null if it has none. */
function plannedFloor(planning: Planning, policy: Policy, duty: Duty) {
  const { report, target, choices, words, problems } = planning;
  const { chain, key } = policy;
  const place = { chain, key, duty: duty.name };
  const name = markName(place);
  const before = target.marks.find((mark) => markName(mark) === name)?.floor ?? null;
  const exported = report.marks.find(({ mark }) => mark === name)?.top ?? null;
  const reached = [
    ...(exported === null ? [] : [topOf('exports', place, exported)]),
    ...words.filter(({ mark }) => mark === name),
  ].filter((top) => top !== null);
  for (const top of reached) refuseFarTop(planning, policy, duty, top);
  const now = before === null ? null : topOf('the floor now', place, before);
  const answer = floorOf({
    ...policy,
    duty,
    known: now === null ? reached : [...reached, now],
    nodes: choices.nodes,
    given: choices.floors.get(name),
    nowMs: choices.nowMs,
  });
  problems.push(...answer.problems);
  return { ...answer.planned, before };
}

const DAY_MS = 86_400_000;

/**
 * A floor is never lowered, so a source that counted its slots in another way would block the key in this
 * ledger for good.
 */
function refuseFarTop(
  { choices, problems }: Planning,
  { key, ceilings }: Policy,
  duty: Duty,
  { from, unit }: { readonly from: string; readonly unit: Unit },
): void {
  const [slot] = unit;
  if (duty.ceiling !== 'clock' || slot === undefined) return;
  if (slotStartMs(ceilings, slot) - choices.nowMs <= DAY_MS) return;
  problems.push({
    what: `slot ${slot} of ${duty.name} for key ${key} (${from}) is more than a day ahead of the clock, and a floor is never lowered`,
    remedy:
      'Check the clock, and the slot length in the policy. If both are right, use `watchbill adopt --beyond-clock`.',
  });
}
