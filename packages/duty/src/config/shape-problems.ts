import { nearest, type Problem } from '@watchbill/kit';
import type { YamlText } from '@watchbill/kit/command/yaml-file';
import type { z } from 'zod';
import { FIELDS, SECTIONS } from './fields.ts';
import { type Origin, originText } from './origin.ts';

/** Where the values of a rejected configuration stand. */
export interface Places {
  readonly originOf: (path: string) => Origin;
  readonly yaml: YamlText | null;
  readonly file: string;
}

/** Names that belong into a policy, which lives in the ledger and never in the file of a service. */
const SAFETY_WORDS = `policy policies roster nodes duty duties mode window digestRequired ceilings observers readiness
  originalWire standbyDelayMs watchTtlMs genesisMs slotMs chain key keys chains floors floor allowedSkewMs roundStep
  roundsBack blockStep sessionStep return`;
const SAFETY = new Set(SAFETY_WORDS.split(/\s+/));
const SECRET = /^(password|token|secret|key|cert|ca)$/i;

/**
 * Problems of the schema with their places. The rejected values themselves are never repeated: one may be a
 * secret.
 */
export function shapeProblems(error: z.ZodError, places: Places): Problem[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey([...issue.path, key], places))
      : [wrongValue(issue, places)],
  );
}

function unknownKey(path: readonly PropertyKey[], { yaml, file }: Places): Problem {
  const key = String(path.at(-1));
  const position = yaml?.keyPositionOf(path);
  const where = position === undefined ? file : `${file}:${position.line}:${position.column}`;
  const what = `unknown key ${path.join('.')}`;
  if (SAFETY.has(key) && path.length === 1)
    return {
      what: `${what}: it is a setting of safety, which the file of a service cannot hold`,
      where,
      remedy: 'put it into a policy document and run `watchbill policy apply FILE`; the ledger keeps it',
    };
  return { what, where, remedy: unknownKeyRemedy(path.map(String)) };
}

function unknownKeyRemedy(path: readonly string[]): string {
  const key = path.at(-1) ?? '';
  const parent = path.slice(0, -1).join('.');
  const siblings = childrenOf(parent);
  if (SECRET.test(key) && siblings.includes(`${key}File`))
    return `secrets and certificates are given as files: did you mean ${key}File?`;
  const near = nearest(key, siblings);
  if (near !== null) return `did you mean ${near}?`;
  const elsewhere = [...FIELDS, ...SECTIONS].find((field) => field.path.split('.').at(-1) === key);
  if (elsewhere !== undefined) return `did you mean ${elsewhere.path}?`;
  return `remove it; known keys here: ${siblings.join(', ')}`;
}

function childrenOf(parent: string): string[] {
  const prefix = parent === '' ? '' : `${parent}.`;
  const names = FIELDS.filter(({ path }) => path.startsWith(prefix)).map(
    ({ path }) => path.slice(prefix.length).split('.')[0] ?? '',
  );
  return [...new Set(names)];
}

function wrongValue(issue: z.core.$ZodIssue, { originOf, yaml, file }: Places): Problem {
  const names = issue.path.map(String);
  // Fields hold scalars and lists of scalars: the field of a list item is its longest prefix.
  const field = FIELDS.find(({ path }) => names.join('.') === path || names.slice(0, -1).join('.') === path);
  const origin = field === undefined ? null : originOf(field.path);
  const position = yaml?.positionOf(issue.path) ?? null;
  const inFile = origin === null || origin.kind === 'file';
  const where =
    inFile && position !== null
      ? `${file}:${position.line}:${position.column}`
      : originText(origin ?? { kind: 'default' });
  const name = names.length === 0 ? file : names.join('.');
  return { what: `${name}: ${issue.message}`, where, remedy: wrongValueRemedy(field) };
}

function wrongValueRemedy(field: (typeof FIELDS)[number] | undefined): string {
  if (field === undefined) return 'write a mapping of names to values here';
  if (field.choices.length > 0) return `use one of: ${field.choices.join(', ')}`;
  if (field.kind === 'number') return `write a whole number without quotes, ${field.range ?? 'any'}`;
  return field.kind === 'list' ? 'write a list of texts' : `write a text. ${field.description}`;
}
