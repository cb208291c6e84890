import { nearest, type Problem } from '@watchbill/kit';
import { FIELDS, type Field, SECTIONS } from './fields.ts';
import type { Given } from './origin.ts';
import { givenByStoreUrl } from './store-url.ts';

const PREFIX = 'WATCHBILL_';

/** The values that the environment gives, and variables of our sections that no field has. */
export function givenByEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
} {
  const given: Given[] = [];
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined) continue;
    const field = FIELDS.find((candidate) => candidate.env === name);
    if (field !== undefined)
      given.push({ path: field.path, value: typed(field, text), origin: { kind: 'environment', name } });
    else if (name === STORE) given.push(...givenByStoreUrl(text, { kind: 'environment', name }));
    // Other variables with our prefix may belong to another program.
    else if (namesOurSection(name) || (name.startsWith(PREFIX) && nearestVariable(name) !== null))
      problems.push(unknownVariable(name));
  }
  return { given, problems };
}

/** The values that flags give, by field path, as texts. */
export function givenByFlags(flags: Readonly<Record<string, string>>): readonly Given[] {
  return Object.entries(flags).flatMap(([path, text]) => {
    const field = FIELDS.find((candidate) => candidate.path === path);
    if (field === undefined) return [];
    return [{ path, value: typed(field, text), origin: { kind: 'flag', name: field.flag } as const }];
  });
}

/** A text as the type of its field. A text that does not fit stays text, and the schema refuses it. */
function typed(field: Field, text: string): unknown {
  if (field.kind === 'list') return text.split(',').map((item) => item.trim());
  if (field.kind === 'number' && /^-?\d{1,15}$/.test(text)) return Number(text);
  return text;
}

function namesOurSection(name: string): boolean {
  return SECTIONS.some(
    ({ path }) => !path.includes('.') && name.startsWith(`WATCHBILL_${path.toUpperCase()}_`),
  );
}

/** As `--store`: the settings of the store in one. */
const STORE = `${PREFIX}STORE`;

function nearestVariable(name: string): string | null {
  const known = [...FIELDS.map((field) => field.env), STORE].map((each) => each.slice(PREFIX.length));
  const near = nearest(name.slice(PREFIX.length), known);
  return near === null ? null : PREFIX + near;
}

function unknownVariable(name: string): Problem {
  const near = nearestVariable(name);
  return {
    what: `the environment variable ${name} is not a setting`,
    where: `environment ${name}`,
    remedy:
      near === null ? 'remove it; `watchbill config print` lists the settings' : `did you mean ${near}?`,
  };
}
