import { shellWord } from '@watchbill/kit/ssh';
import type { DiskFacts, DoctorFacts, Look, PublicKey, Unread } from './facts.ts';

/** How bad a finding is; the table is in docs/decisions/0040-doctor.md. */
export type FindingLetter = 'F' | 'E' | 'D' | 'C';
/** The letter of a group. `-`: no check looked. */
export type Letter = FindingLetter | 'B' | 'A' | '-';

export type GroupId = 'keystore' | 'session' | 'duties' | 'staking' | 'unit' | 'node' | 'network' | 'disk';

/** The groups in the order of the report. */
export const GROUPS: Readonly<Record<GroupId, string>> = {
  keystore: 'Key files',
  session: 'Session keys on chain',
  duties: 'Blocks and votes',
  staking: 'Stake and rewards',
  unit: 'Service unit',
  node: 'Node',
  network: 'RPC and node key',
  disk: 'Disk and database',
};

/** One problem, as its check reports it. */
export interface Found {
  readonly letter: FindingLetter;
  /** A path, a unit, an address or a key. With the check it is the identity of the finding. */
  readonly subject: string;
  readonly what: string;
  readonly evidence: readonly string[];
  /** The harm that it can do. */
  readonly cost: string;
  /** A command, or the edit to make. */
  readonly mend: string;
}

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
  readonly look: (facts: DoctorFacts, before: EarlierDisk | null) => Outcome;
}

/** Makes the checks of a group. */
export function checksOf(group: GroupId) {
  return (id: string, title: string, look: Check['look']): Check => ({ id, group, title, look });
}

/** The disk of an earlier report, for its rate. */
export interface EarlierDisk {
  readonly atMs: number;
  readonly disk: DiskFacts;
}

export const GOOD: Outcome = { found: [], missing: null };

export function found(...all: readonly (Found | null)[]): Outcome {
  return { found: all.filter((each) => each !== null), missing: null };
}

type Details = Pick<Found, 'what' | 'evidence' | 'cost' | 'mend'>;

export function fault(letter: FindingLetter, subject: string, details: Details): Found {
  return { letter, subject, ...details };
}

/** An outcome with one fault. */
export function finding(...args: Parameters<typeof fault>): Outcome {
  return found(fault(...args));
}

export function missing(why: string, asked = true): Outcome {
  return { found: [], missing: { why, asked } };
}

/** Runs a check on a reading; without the reading it could not look. */
export function on<Value>(look: Look<Value>, check: (value: Value) => Outcome): Outcome {
  return look.looked ? check(look.value) : missing(look.why, look.asked);
}

/** One outcome of several. The first reason that an input could not be read is kept. */
export function joined(outcomes: readonly Outcome[]): Outcome {
  const reasons = outcomes.flatMap(({ missing: each }) => (each === null ? [] : [each]));
  return {
    found: outcomes.flatMap((each) => each.found),
    missing: reasons.find(({ asked }) => asked) ?? reasons[0] ?? null,
  };
}

/** For example `gran 0x88dc3417…b0ee`. */
export function keyText({ kind, publicKey }: PublicKey): string {
  return `${kind} ${publicKey.slice(0, 10)}…${publicKey.slice(-4)}`;
}

/** For example `0644`. */
export function modeText(mode: number): string {
  return `0${(mode & 0o777).toString(8).padStart(3, '0')}`;
}

/** A folder, with its machine: `/keys`, or `validator@203.0.113.9:/keys`. */
export function placeText({ host, path }: { readonly host: string | null; readonly path: string }): string {
  return host === null ? path : `${host}:${path}`;
}

/** A shell command for the machine of a folder. */
export function commandAt({ host }: { readonly host: string | null }, command: string): string {
  return host === null ? command : `ssh ${host} ${shellWord(command)}`;
}
