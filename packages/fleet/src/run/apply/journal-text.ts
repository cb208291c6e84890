import { wholeLines } from '@watchbill/kit/files';
import type { Resource } from '../../file/graph/index.ts';

/** First line of a journal: whose it is. */
export interface Header {
  readonly format: 'watchbill/journal/1';
  readonly plan: string;
  readonly network: string;
  readonly identities: Readonly<Record<string, string>>;
}

/**
 * The state of a step: it is about to run; its old object is removed (for a replacement); it is done; its
 * gate has passed; or it was given up and reverted.
 */
export interface Entry {
  readonly state: 'begun' | 'removed' | 'applied' | 'verified' | 'rolled-back';
  readonly step: string;
  /** Of a rollout: the object applied before, so that any run can put it back. */
  readonly before?: Resource['body'];
}

type Refusal = {
  readonly ok: false;
  readonly reason: 'damaged' | 'other-plan' | 'other-network' | 'other-place';
  readonly detail: string;
};

export type ReadJournal =
  | {
      readonly ok: true;
      /** Null if not even the first line is complete. */
      readonly header: Header | null;
      readonly entries: readonly Entry[];
      /** Bytes of the whole lines. */
      readonly length: number;
    }
  | Refusal;

const STATES: readonly string[] = ['begun', 'removed', 'applied', 'verified', 'rolled-back'];

/** Reads the whole lines. Only the last may be cut short. */
export function readJournal(text: string): ReadJournal {
  const { lines, bytes } = wholeLines(text);
  const values = lines.map(parsed);
  const bad = values.findIndex((value, at) => (at === 0 ? !isHeader(value) : !isEntry(value)));
  if (bad >= 0)
    return {
      ok: false,
      reason: 'damaged',
      detail: `line ${bad + 1} is damaged; it does not show the finished steps: plan again and apply the new plan`,
    };
  return {
    ok: true,
    header: (values[0] as Header | undefined) ?? null,
    entries: values.slice(1) as unknown as readonly Entry[],
    length: bytes,
  };
}

/** Null if both have the same plan, network and places. */
export function sameHeader(found: Header, wanted: Header): Refusal | null {
  if (found.network !== wanted.network)
    return refusal('other-network', `it is of the network ${found.network}, not of ${wanted.network}`);
  if (found.plan !== wanted.plan)
    return refusal('other-plan', `it is of the plan ${found.plan}, not of ${wanted.plan}`);
  const names = new Set([...Object.keys(found.identities), ...Object.keys(wanted.identities)]);
  const other = [...names].find((name) => found.identities[name] !== wanted.identities[name]);
  if (other === undefined) return null;
  return refusal('other-place', `${other} is not the cluster or machine that it was written for`);
}

function refusal(reason: Refusal['reason'], detail: string): Refusal {
  return { ok: false, reason, detail };
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function isHeader(value: Readonly<Record<string, unknown>> | null): boolean {
  return (
    value?.format === 'watchbill/journal/1' &&
    typeof value.plan === 'string' &&
    typeof value.network === 'string' &&
    typeof value.identities === 'object' &&
    value.identities !== null
  );
}

function isEntry(value: Readonly<Record<string, unknown>> | null): boolean {
  return typeof value?.step === 'string' && STATES.includes(String(value.state));
}
