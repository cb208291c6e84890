import type { LedgerEntry } from '../../rule/index.ts';
import type { FindingKind } from '../findings.ts';
import { adopted, digestFor, type Exported, granted, type History, historyOf, markOf } from './ground.ts';

export const DUTIES = ['babe', 'grandpa', 'beefy', 'im-online'] as const;

/** A random history without a fault: floors, grants by two services, parts, windows, new epochs. */
export function honest(duty: string, moves: readonly number[]): History {
  let line = adopted(historyOf(duty), duty === 'grandpa' || duty === 'beefy' ? '1/10' : '10');
  let next = 11;
  for (const move of moves) {
    const service = move % 2 === 0 ? 'service-1' : 'service-2';
    if (move % 11 === 0) {
      line = adopted(line, unitOf(duty, next), { epoch: `epoch-${next}` });
      next += 1;
    } else line = signed(line, unitOf(duty, next++), move, service);
  }
  return signed(line, unitOf(duty, next), 1, 'service-1');
}

export function unitOf(duty: string, number: number): string {
  return duty === 'grandpa' || duty === 'beefy' ? `1/${number}` : `${number}`;
}

export function signed(line: History, unit: string, seed: number, service: string): History {
  const parts = line.duty.parts.slice(0, line.duty.parts.includes('enter') ? 1 + (seed % 4) : 1);
  return parts.reduce(
    (before, part) => granted(before, { unit, part, service, digest: digestFor(before, seed) }),
    line,
  );
}

/** The exports of two services: each holds its own entries, and now and then one of the other. */
export function split(line: History): readonly Exported[] {
  return ['service-1', 'service-2'].map((service, index) => {
    const entries = line.entries.filter((entry, at) => entry.service === service || (at + index) % 5 === 0);
    return { service, entries, marks: index === 0 ? [markOf(line)] : null };
  });
}

/** One fault, put into a history that has none: the exports then, and the findings that must follow. */
export interface Fault {
  readonly finds: FindingKind;
  readonly verdict?: 'proven' | 'unproven' | 'violation';
  readonly duties?: readonly string[];
  readonly inject: (line: History, pick: number) => readonly Exported[];
}

export const all = (line: History, over: Partial<Exported> = {}): readonly Exported[] => [
  { entries: line.entries, marks: [markOf(line)], ...over },
];
export const top = ({ recent, floor, duty }: History, more = 0): string => {
  const fields = (recent.at(-1)?.unit ?? floor ?? duty.fields.map(() => '1').join('/')).split('/');
  const number = `${Number(fields.at(-1)) + more}`;
  return [...fields.slice(0, duty.fields.length - 1), number].join('/');
};
export const isGrant = ({ kind }: LedgerEntry): boolean => kind === 'grant';
export const without = (line: History, index: number): readonly LedgerEntry[] =>
  line.entries.toSpliced(index, 1);
export const signedPart = (line: History) =>
  (line.duty.parts[0] === 'enter' ? 'prevote' : line.duty.parts[0]) ?? 'seal';
/** A history whose last unit has one signed part with digest 01. */
export const withLast = (line: History, over: { node?: string; incarnation?: string } = {}): History =>
  granted(line, { unit: top(line, 1), part: signedPart(line), ...over });

/** The last entry follows an unknown one. */
export function broken(line: History, last: LedgerEntry): readonly Exported[] {
  const entry = { ...last, prev: 'ab'.repeat(32) };
  return all(line, { entries: [...line.entries.slice(0, -1), entry], heads: [], marks: null });
}
