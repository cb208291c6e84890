import { jsonOrNull } from '@watchbill/base';
import { type Duty, type Policy, parseUnit, slotStartMs } from '@watchbill/duty';
import { z } from 'zod';
import type { AdoptRequest, MarkView, RollbackReportView } from '../contract.ts';
import { dutyNamed, markName, type Place, placeOf, sortable } from '../ledger/lines.ts';
import type { FindingKind } from './findings.ts';
import type { ProofReport } from './verify.ts';

/** The ledger that takes the floors, as its service shows it. */
export interface ImportTarget {
  readonly ledger: string;
  readonly policies: readonly Policy[];
  readonly marks: readonly MarkView[];
  readonly reports: readonly RollbackReportView[];
}

export interface ImportChoices {
  /** The exports may be of another ledger than the target. */
  readonly fromOtherLedger: boolean;
  /** Entries may be missing: the operator has made sure that the floors are high enough. */
  readonly acceptGaps: boolean;
  /** Duties without a mark in the exports were never signed. */
  readonly neverSigned: boolean;
  /** Floors of the operator by duty, for every key. They count if they are higher. */
  readonly floors: Readonly<Record<string, string>>;
  /** Only this key; null for all keys of the exports. */
  readonly key: string | null;
  /** Unix milliseconds by the clock of the operator's machine. */
  readonly nowMs: number;
  /** A slot floor may lie more than a day ahead of this clock. */
  readonly beyondClock: boolean;
  /** How the operator made sure that the source is switched off and no other signer of the keys runs. */
  readonly confirmation: string;
}

export interface PlannedFloor {
  readonly duty: string;
  /** Unit text; null if the key never signed this duty. */
  readonly floor: string | null;
  /** The source that decided it. */
  readonly from: 'exports' | 'word' | 'target' | 'operator' | 'never signed';
  /** The floor of the target now; null if it has none. */
  readonly before: string | null;
}

export interface PlannedKey {
  readonly chain: string;
  readonly key: string;
  readonly floors: readonly PlannedFloor[];
  readonly request: AdoptRequest;
}

/** The obstacles to an import, and their remedies. */
export interface ImportProblem {
  readonly what: string;
  readonly remedy: string;
}

export type ImportPlan =
  | { readonly ok: true; readonly keys: readonly PlannedKey[] }
  | { readonly ok: false; readonly problems: readonly ImportProblem[] };

/** Findings that mean that the texts of the exports cannot be trusted. */
const UNTRUSTED: readonly FindingKind[] = ['entry-altered', 'entry-foreign', 'chain-broken'];

/**
 * The adoptions that carry the memory of verified exports into a ledger: one for each key, with floors at or
 * above everything the exports, their held words and the target know. A floor is only ever raised. All
 * problems are named at once, and then there is no plan.
 */
export function planImport(report: ProofReport, target: ImportTarget, choices: ImportChoices): ImportPlan {
  const problems = [...sourceProblems(report, target, choices)];
  const words = heldWords(report, problems);
  const keys = keysOf(report, choices.key).flatMap(({ chain, key }) => {
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
  return problems.length > 0 ? { ok: false, problems } : { ok: true, keys };
}

function* sourceProblems(
  report: ProofReport,
  { ledger }: ImportTarget,
  choices: ImportChoices,
): Generator<ImportProblem> {
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

const wordShape = z.object({
  word: z.object({ chain: z.string(), key: z.string(), duty: z.string(), top: z.string().nullable() }),
});

interface HeldWord {
  readonly mark: string;
  readonly top: string;
}

/** The highest unit of each held word. A word that names no mark is an obstacle to the import. */
function heldWords({ words }: ProofReport, problems: ImportProblem[]): readonly HeldWord[] {
  const held: HeldWord[] = [];
  for (const { id, service, text, release } of words) {
    if (release !== null) continue;
    const parsed = wordShape.safeParse(jsonOrNull(text));
    const { top = null, ...place } = parsed.success ? parsed.data.word : {};
    const duty = 'duty' in place ? dutyNamed(place.duty) : null;
    if (parsed.success && top !== null && duty !== null && sortable(duty, top) !== null)
      held.push({ mark: markName(parsed.data.word), top });
    else
      problems.push({
        what: `the held word ${id} of service ${service} does not name a unit, so no floor is known to lie above it`,
        remedy:
          'Find out what its node signed, and release it at its service: `watchbill rollback-report release`.',
      });
  }
  return held;
}

interface Planning {
  readonly report: ProofReport;
  readonly target: ImportTarget;
  readonly choices: ImportChoices;
  readonly words: readonly HeldWord[];
  readonly problems: ImportProblem[];
}

function plannedKey(planning: Planning, policy: Policy): PlannedKey {
  const { chain, key } = policy;
  const enabled = Object.keys(policy.duties).filter((name) => policy.duties[name]?.enabled === true);
  const known = planning.report.marks
    .map(({ mark }) => placeOf(mark))
    .filter((place) => place?.chain === chain && place.key === key);
  const names = new Set([...enabled, ...known.map((place) => place?.duty ?? '')]);
  const floors = [...names].toSorted().map((name) => plannedFloor(planning, { chain, key, duty: name }));
  for (const floor of floors) refuseFarFloor(planning, policy, floor);
  const request: AdoptRequest = {
    chain,
    key,
    floors: Object.fromEntries(floors.map(({ duty, floor }) => [duty, floor])),
    confirmation: planning.choices.confirmation,
  };
  refuseBelowReports(planning, policy, floors);
  return { chain, key, floors, request };
}

function plannedFloor({ report, target, choices, words, problems }: Planning, place: Place): PlannedFloor {
  const name = markName(place);
  const duty = dutyNamed(place.duty);
  const top = report.marks.find(({ mark }) => mark === name) ?? null;
  const now = target.marks.find((mark) => markName(mark) === name) ?? null;
  const candidates: readonly (readonly [PlannedFloor['from'], string | null])[] = [
    ['exports', top?.top ?? null],
    ...words.filter(({ mark }) => mark === name).map((word) => ['word', word.top] as const),
    ['target', now?.floor ?? null],
    ['operator', choices.floors[place.duty] ?? null],
  ];
  let best: PlannedFloor = {
    duty: place.duty,
    floor: null,
    from: 'never signed',
    before: now?.floor ?? null,
  };
  for (const [from, floor] of candidates)
    if (floor !== null && duty !== null && isAbove(duty, floor, best.floor)) best = { ...best, floor, from };
  // A mark without a floor was adopted as never signed; the history of a duty without any mark is unknown.
  if (best.floor === null && top === null && now === null && !choices.neverSigned)
    problems.push({
      what: `the exports hold no mark of ${place.duty} for key ${place.key}`,
      remedy: `Give --floor ${place.duty}=UNIT, or --never-signed if the key never signed it.`,
    });
  return best;
}

const DAY_MS = 86_400_000;

/**
 * A floor is never lowered, so one digit too many, or a source that counted its slots in another way, would
 * block the key in this ledger for good.
 */
function refuseFarFloor(
  { choices, problems }: Planning,
  { key, ceilings }: Policy,
  { duty: name, floor, from }: PlannedFloor,
): void {
  const duty = dutyNamed(name);
  if (choices.beyondClock || floor === null || from === 'target' || duty?.ceiling !== 'clock') return;
  const parsed = parseUnit(duty.fields, floor);
  const [slot] = parsed.ok ? parsed.unit : [];
  if (slot === undefined || slotStartMs(ceilings, slot) - choices.nowMs <= DAY_MS) return;
  problems.push({
    what: `the floor ${floor} of ${name} for key ${key} (${from}) is more than a day ahead of the clock, and a floor is never lowered`,
    remedy:
      'Check the digits of --floor, and the slot length in the policy. Or give --beyond-clock if you mean it.',
  });
}

/** An unreadable unit counts as above everything: it blocks the import instead of vanishing. */
function isAbove(duty: Duty, unit: string, than: string | null): boolean {
  if (than === null) return true;
  const [one, other] = [sortable(duty, unit), sortable(duty, than)];
  return one === null || (other !== null && one > other);
}

/**
 * The service would refuse such an adoption; refusing it before the first one is sent leaves no import half
 * done.
 */
function refuseBelowReports(
  { target, problems }: Planning,
  { chain, key }: Policy,
  floors: readonly PlannedFloor[],
): void {
  for (const report of target.reports) {
    const { id, node, point, duty: name, state } = report;
    if (state !== 'held' || report.chain !== chain || report.key !== key) continue;
    if (report.freed.includes(`${chain} ${key}`)) continue;
    const floor = floors.find(({ duty }) => duty === name)?.floor ?? null;
    const [duty, top] = [dutyNamed(name), point?.top ?? null];
    if (top !== null && duty !== null && floor !== null && !isAbove(duty, top, floor)) continue;
    // The bare head of an older gate names no unit; the service judges it.
    if (top === null && point !== null && point.unit === null) continue;
    problems.push({
      what: `the floor ${floor ?? 'none'} of ${name} lies below the held word ${id} of ${node}, which knows of ${top ?? 'a unit that it does not name'}`,
      remedy:
        top === null
          ? 'Release the report once you know what the node signed: `watchbill rollback-report release`.'
          : `Add the export of the service that heard it, or give --floor ${name}=${top} or higher.`,
    });
  }
}
