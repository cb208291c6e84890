import { nearest } from '@watchbill/kit';
import type { ProblemCode } from '../../network/problem.ts';
import type { FlagValue } from '../../network/settings.ts';
import { FLAGS, type Flag, releaseOf } from './catalogue.ts';

/** Why a flag is refused. */
export interface FlagFinding {
  readonly code: ProblemCode;
  readonly what: string;
  readonly remedy: string;
}

/** The fault of a flag for a node of a release (`stableYYMM`), or null. */
export function flagFinding(written: string, value: FlagValue, sdk: string): FlagFinding | null {
  const name = written.replace(/^--/, '');
  const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  if (flag === undefined) return unknownFlag(written, name);
  if (name !== written)
    return { code: 'unknown-flag', what: `${written} is written with dashes`, remedy: `write ${name}` };
  return forbidden(name, flag) ?? outOfTime(name, flag, sdk) ?? wrongKind(name, flag, value);
}

/**
 * The same for a flag that only this binary has, as `--name=value`; flags of the catalogue are refused here.
 */
export function customFlagFinding(text: string): FlagFinding | null {
  const name = text.replace(/^--/, '').replace(/=.*$/, '');
  const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
  if (flag === undefined) return null;
  const refused = forbidden(name, flag);
  if (refused !== null) return refused;
  return {
    code: 'wrong-flag',
    what: `${text} is a flag that all nodes have`,
    remedy: `write it in flags: {${name}: …}`,
  };
}

function unknownFlag(written: string, name: string): FlagFinding {
  const near = nearest(
    name,
    Object.keys(FLAGS).filter((known) => FLAGS[known]?.unsafe === undefined),
  );
  return {
    code: 'unknown-flag',
    what: `${written} is not a flag that nodes have`,
    remedy:
      near === null
        ? `if only this binary has it, write it in customFlags: ["--${name}=…"]`
        : `did you mean ${near}? Flags that only this binary has go into customFlags`,
  };
}

function forbidden(name: string, { managedBy, unsafe }: Flag): FlagFinding | null {
  if (unsafe !== undefined)
    return { code: 'unsafe-flag', what: `--${name} is refused: ${unsafe}`, remedy: 'remove it' };
  if (managedBy === undefined) return null;
  return {
    code: 'managed-flag',
    what: `--${name} must not be set here: watchbill sets it from ${managedBy}`,
    remedy: `remove it, and set ${managedBy} instead`,
  };
}

function outOfTime(name: string, { since, until, instead }: Flag, sdk: string): FlagFinding | null {
  const release = releaseOf(sdk);
  if (since !== undefined && release < since)
    return {
      code: 'flag-version',
      what: `${sdk} does not have --${name} yet`,
      remedy: `it came with stable${since}: remove it, or run a later node`,
    };
  if (until === undefined || release < until) return null;
  return { code: 'flag-version', what: `${sdk} no longer has --${name}`, remedy: instead ?? 'remove it' };
}

function wrongKind(name: string, { kind }: Flag, value: FlagValue): FlagFinding | null {
  if (fits(kind, value)) return null;
  const wanted = typeof kind === 'string' ? WANTED[kind] : `one of: ${kind.join(', ')}`;
  return { code: 'wrong-flag', what: `--${name} does not take this value`, remedy: `write ${wanted}` };
}

const WANTED = {
  switch: 'true, or false to leave it out',
  number: 'a whole number, 0 or more',
  text: 'a text',
  list: 'a list of texts',
} as const;

function fits(kind: Flag['kind'], value: FlagValue): boolean {
  if (kind === 'switch') return typeof value === 'boolean';
  if (kind === 'number') return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (kind === 'text') return (typeof value === 'string' && value !== '') || typeof value === 'number';
  if (kind === 'list')
    return (Array.isArray(value) && value.length > 0) || (typeof value === 'string' && value !== '');
  return kind.includes(String(value));
}
