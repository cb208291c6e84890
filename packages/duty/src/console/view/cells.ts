import { REASONS } from '../../rule/index.ts';
import type { DecisionRecord, MarkView } from '../../service/index.ts';
import type { UnitRecord } from './facts.ts';

/** One unit of a strip. */
export interface Cell {
  readonly duty: string;
  /** For example `299196429`, or `1/5` for set and round. */
  readonly unit: string;
  /** `granted`, `entered`, `denied`, `unknown` from decisions; also the outcomes of `GET /v1/units`. */
  readonly outcome: string;
  readonly reason: string | null;
  readonly node: string | null;
  readonly digest: string | null;
  /** The payload that an observer saw on the chain. */
  readonly seenDigest: string | null;
  /** Unix milliseconds; null for a unit that only the mark of the key has. */
  readonly atMs: number | null;
  readonly steps: readonly { readonly name: string; readonly ms: number }[];
  readonly say: string;
  readonly remedy: string | null;
}

/** Refusals of a standby while another node has the unit. They are expected. */
export const EXPECTED_REFUSALS: ReadonlySet<string> = new Set(['unit-taken', 'off-watch']);

/**
 * The last units of one duty, oldest first: from unit facts, the decisions of this service, and the mark for
 * units that another service granted. A unit fact that is `unknown` gives way to a decision.
 */
export function stripOf(
  duty: string,
  facts: {
    readonly units: readonly UnitRecord[];
    readonly decisions: readonly DecisionRecord[];
    readonly mark: MarkView | undefined;
  },
  limit: number,
): readonly Cell[] {
  const cells = new Map<string, Cell>();
  const recent = facts.mark?.recent ?? [];
  for (const entry of recent) cells.set(entry.unit, fromMark(duty, entry));
  const groups = Map.groupBy(
    facts.decisions.filter((decision) => decision.duty === duty),
    ({ unit }) => unit,
  );
  for (const [unit, decisions] of groups) {
    const cell = fromDecisions(decisions.toSorted((a, b) => a.id - b.id));
    const marked = cells.get(unit);
    if (marked === undefined || cell.outcome === 'granted' || marked.outcome !== 'granted')
      cells.set(unit, cell);
  }
  for (const record of facts.units.filter((one) => one.duty === duty)) {
    const cell = fromUnit(record);
    if (cell.outcome !== 'unknown' || !cells.has(cell.unit)) cells.set(cell.unit, cell);
  }
  // Field by field, as numbers; another service may send a text that is no unit. Made here, because the first
  // collator of a process takes 15 ms, and most commands order no units.
  const order = new Intl.Collator('en', { numeric: true });
  return [...cells.values()].sort((a, b) => order.compare(a.unit, b.unit)).slice(-limit);
}

function fromUnit(record: UnitRecord): Cell {
  const { duty, at, outcome, say } = record;
  const { reason = null, node = null, digest = null, seenDigest = null, remedy = null, steps = [] } = record;
  const unit = Object.values(record.unit).join('/');
  return { duty, unit, outcome, reason, node, digest, seenDigest, atMs: at, steps, say, remedy };
}

function fromMark(duty: string, { unit, node, parts }: MarkView['recent'][number]): Cell {
  const signed = parts.filter(({ part }) => part !== 'enter');
  const outcome = signed.length === 0 ? 'entered' : 'granted';
  const say = `${node} ${signed.length === 0 ? 'entered it' : 'has the grant'}; this service has no decision about it, so another service decided.`;
  const digest = signed.at(-1)?.digest ?? null;
  const none = { reason: null, seenDigest: null, atMs: null, steps: [], remedy: null };
  return { duty, unit, outcome, node, digest, say, ...none };
}

/** All decisions of one unit, oldest first. */
function fromDecisions(decisions: readonly DecisionRecord[]): Cell {
  const granted = decisions.filter(({ outcome }) => outcome === 'granted');
  const signed = granted.filter(({ parts }) => parts.some((part) => part !== 'enter'));
  const unexpected = decisions.filter(
    ({ outcome, reason }) => outcome !== 'granted' && !EXPECTED_REFUSALS.has(reason),
  );
  const [deciding] = [signed, granted, unexpected, decisions].flatMap((some) => some.at(-1) ?? []);
  if (deciding === undefined) throw new RangeError('a unit without a decision');
  const { duty, unit, node, reason, atMs } = deciding;
  const outcome = signed.length > 0 ? 'granted' : granted.length > 0 ? 'entered' : deciding.outcome;
  const isGood = outcome === 'granted';
  return {
    duty,
    unit,
    outcome,
    reason,
    node,
    digest: deciding.digest,
    seenDigest: null,
    atMs,
    steps: (isGood ? signed : decisions).map(stepOf),
    say: sentence(outcome, deciding, decisions),
    remedy: isGood ? null : (REASONS[reason as keyof typeof REASONS]?.remedy ?? null),
  };
}

function stepOf({ node, parts, outcome, tookMs }: DecisionRecord): Cell['steps'][number] {
  const name = outcome === 'granted' ? parts.join(' ') : `${node} ${parts.join(' ')}: ${outcome}`;
  return { name, ms: tookMs };
}

function sentence(outcome: string, { node, reason }: DecisionRecord, all: readonly DecisionRecord[]): string {
  const others = all.filter((one) => one.outcome !== 'granted' && one.node !== node);
  const refused = [...new Set(others.map((one) => `${one.node} was refused (${one.reason})`))];
  const tail = refused.length === 0 ? '.' : `; ${refused.join('; ')}.`;
  if (outcome === 'granted') return `${node} was granted it${tail}`;
  if (outcome === 'entered') return `${node} entered it, and no part to sign was granted yet${tail}`;
  const summary = REASONS[reason as keyof typeof REASONS]?.summary ?? reason;
  return `${node} asked, and the answer was ${outcome}: ${summary.replace(/\.$/, '')}${tail}`;
}
