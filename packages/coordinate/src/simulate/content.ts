import { hexOf } from '../quorum/digest.ts';
import type { Judge, Judges } from '../quorum/evidence.ts';
import { decodeValue } from '../quorum/value.ts';
import type { Validation } from '../rules.ts';
import { RARE, TOOL } from './group-setup.ts';

/** The flaw of a content: none, one in the content itself, or one that only the chain shows. */
export type Flaw = 'none' | 'bad-form' | 'bad-state';

/** A content that no other proposal has. */
export function contentOf(window: bigint, label: string, flaw: Flaw = 'none'): Uint8Array {
  return Uint8Array.from(Buffer.from(`${window} ${flaw} ${label}`, 'utf8'));
}

/** The verdict of every honest member that reads the same chain on a value. */
export function validate(window: bigint, subject: Uint8Array): Validation {
  const value = decodeValue(subject);
  if (value === null) return refused('no-value', '');
  const [index, flaw] = partsOf(value.content);
  if (index !== window.toString() || flaw === 'bad-form') return refused('bad-form', '');
  if (flaw === 'bad-state') return refused('bad-state', factsAt(value.referenceHash));
  return { result: 'valid' };
}

const judge: Judge = ({ window, value, facts }) => {
  const [index, flaw] = partsOf(value.content);
  if (index !== window.index.toString() || flaw === 'bad-form') return 'bad-form';
  const isShown = facts !== null && Buffer.from(facts).toString('utf8') === factsAt(value.referenceHash);
  return flaw === 'bad-state' && isShown ? 'bad-state' : null;
};

export const JUDGES: Judges = new Map([
  [TOOL, judge],
  [RARE, judge],
]);

export function refused(code: string, facts: string): Validation {
  return { result: 'refused', code, detail: '', facts: Uint8Array.from(Buffer.from(facts, 'utf8')) };
}

function factsAt(referenceHash: Uint8Array): string {
  return `state at ${hexOf(referenceHash)}`;
}

function partsOf(content: Uint8Array): readonly (string | undefined)[] {
  return Buffer.from(content).toString('utf8').split(' ');
}
