import type { Problem } from '@watchbill/kit';
import { shapeProblemsOf } from '@watchbill/kit/command/document';
import { readYaml, type YamlText } from '@watchbill/kit/command/yaml-file';
import { z } from 'zod';
import { FIELDS, SECTIONS } from './fields.ts';
import { type Origin, originText } from './origin.ts';
import { configSchema } from './schema.ts';

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
const HELP = 'write a mapping of names to values here';

/**
 * Problems of the schema with their places, also of values that a flag or the environment gives. The rejected
 * values themselves are never repeated: one may be a secret.
 */
export function shapeProblems(error: z.ZodError, { originOf, yaml, file }: Places): Problem[] {
  const places = { yaml: yaml ?? readYaml('', file), file, help: HELP };
  return error.issues.flatMap((issue) => {
    const found = shapeProblemsOf(new z.ZodError([issue]), configSchema, places);
    if (issue.code === 'unrecognized_keys')
      return found.map((one, at) => ofUnknownKey(one, [...issue.path.map(String), issue.keys[at] ?? '']));
    const names = issue.path.map(String);
    // Fields hold scalars and lists of scalars: the field of a list item is its longest prefix.
    const field = FIELDS.find(({ path }) => [names, names.slice(0, -1)].some((of) => of.join('.') === path));
    const origin = field === undefined ? null : originOf(field.path);
    return origin === null || origin.kind === 'file'
      ? found
      : found.map((one) => ({ ...one, where: originText(origin) }));
  });
}

function ofUnknownKey(problem: Problem, path: readonly string[]): Problem {
  const { what } = problem;
  const key = path.at(-1) ?? '';
  if (SAFETY.has(key) && path.length === 1)
    return {
      ...problem,
      what: `${what}: it is a setting of safety, which the file of a service cannot hold`,
      remedy: 'put it into a policy document and run `watchbill policy apply FILE`; the ledger keeps it',
    };
  const all = [...FIELDS, ...SECTIONS].map((one) => one.path);
  const parent = path
    .slice(0, -1)
    .map((name) => `${name}.`)
    .join('');
  if (SECRET.test(key) && all.includes(`${parent}${key}File`))
    return { ...problem, remedy: `secrets and certificates are given as files: did you mean ${key}File?` };
  const elsewhere = all.find((one) => one.split('.').at(-1) === key);
  if (elsewhere === undefined || problem.remedy.startsWith('did you mean')) return problem;
  return { ...problem, remedy: `did you mean ${elsewhere}?` };
}
