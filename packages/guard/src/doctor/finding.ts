import { shellWord } from '@watchbill/kit/ssh';
import type { PublicKey } from '../custody/key-name.ts';
import type { DoctorFacts } from '../inspect/inspect.ts';
import { type Look, notAsked, seen, type Unread } from '../inspect/look.ts';
import type { FindingLetter, Found, GroupId, Report } from './report.ts';

/** The reason why a check, or a part of it, could not look. */
export type Missing = Pick<Unread, 'why' | 'asked'>;

/** The answer of a check. Without findings and without `missing`, all is good. */
export interface Outcome {
  readonly found: readonly Found[];
  readonly missing: Missing | null;
}

export interface Check {
  /** Stable, for example `keystore-modes`. */
  readonly id: string;
  readonly group: GroupId;
  /** The good state, as a sentence for lists. */
  readonly title: string;
  readonly look: (facts: DoctorFacts, before: Report | null) => Outcome;
}

/** All is good, a problem, the reason why a check could not look, or several of these. */
export type Answer = null | Found | Missing | readonly Answer[];

/** The value of each fact that is a reading or a list of readings; `all` is all facts. */
type Readings = { readonly all: DoctorFacts } & {
  [Name in keyof DoctorFacts]: DoctorFacts[Name] extends Look<infer Value> | readonly Look<infer Value>[]
    ? Value
    : never;
};

/** Lists whose readings a check judges one by one, and how a person gives them. */
const NOT_GIVEN = {
  keystores: notAsked('--keystore is not given'),
  otherUnits: notAsked('--unit names no other machine: give USER@HOST:UNIT'),
  others: notAsked('--rpc names no other node of the chain'),
};
export const NO_KEYSTORE = NOT_GIVEN.keystores;

/** Makes the checks of a group, each of one fact. Of the reasons why it could not look it keeps one. */
export function checksOf(group: GroupId) {
  return <Name extends keyof Readings>(
    id: string,
    title: string,
    name: Name,
    judge: (value: Readings[Name], facts: DoctorFacts, before: Report | null) => Answer,
  ): Check => ({
    ...{ id, group, title },
    look: (facts, before) => {
      const all = flat(of(facts, name, (value) => judge(value, facts, before)));
      const reasons = all.filter((each) => 'why' in each).map(({ why, asked }) => ({ why, asked }));
      return {
        found: all.filter((each) => 'letter' in each),
        missing: reasons.find(({ asked }) => asked) ?? reasons[0] ?? null,
      };
    },
  });
}

/** Judges a reading, or each of a list; without it the check could not look. */
export function of<Name extends keyof Readings>(
  facts: DoctorFacts,
  name: Name,
  judge: (value: Readings[Name]) => Answer,
): Answer {
  const given = { ...facts, all: seen(facts) }[name] as
    | Look<Readings[Name]>
    | readonly Look<Readings[Name]>[];
  if ('looked' in given) return on(given, judge);
  return given.length === 0 ? NOT_GIVEN[name as keyof typeof NOT_GIVEN] : given.map((one) => on(one, judge));
}

function flat(answer: Answer): readonly (Found | Missing)[] {
  if (answer === null) return [];
  return 'why' in answer || 'letter' in answer ? [answer] : answer.flatMap(flat);
}

type Details = Omit<Found, 'letter' | 'subject'>;

export function fault(letter: FindingLetter, subject: string, details: Details): Found {
  return { letter, subject, ...details };
}

export function on<Value>(look: Look<Value>, judge: (value: Value) => Answer): Answer {
  return look.looked ? judge(look.value) : look;
}

/** The harm of one key in two places. */
export const costOfCopies = (isDangerous: boolean): string =>
  isDangerous
    ? 'two nodes sign with one key, which is slashed'
    : 'two nodes act under one identity, and peers find the wrong one';

/** For example `gran 0x88dc3417…b0ee`. */
export function keyText({ kind, publicKey }: PublicKey): string {
  return `${kind} ${publicKey.slice(0, 10)}…${publicKey.slice(-4)}`;
}

/** For example `0644`. */
export function modeText(mode: number): string {
  return `0${(mode & 0o777).toString(8).padStart(3, '0')}`;
}

/** A command that removes key files for good. */
export function shred(
  { path }: { readonly path: string },
  keys: readonly { readonly file: string }[],
): string {
  return `shred -u ${keys.map(({ file }) => shellWord(`${path}/${file}`)).join(' ')}`;
}

/** A shell command for the machine of a folder. */
export function commandAt({ host }: { readonly host: string | null }, command: string): string {
  return host === null ? command : `ssh ${host} ${shellWord(command)}`;
}
