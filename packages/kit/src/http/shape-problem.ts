import { nearest } from '../text/nearest.ts';

/** The values that a pattern takes, in words, with an example; null for an unknown pattern. */
export type WordsOfPattern = (pattern: string) => readonly [takes: string, example: string] | null;

type Schema = Readonly<Record<string, unknown>> & { readonly properties?: Readonly<Record<string, Schema>> };

/** A finding of the validator; `parentSchema` is the schema that the value broke. */
interface Finding {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema?: Schema;
}

const PLACES: Readonly<Record<string, string>> = { querystring: 'query', params: 'address' };
const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};
const LIMITS = { minimum: 'at least', maximum: 'at most', minItems: 'at least', maxItems: 'at most' };

/** Place, mistake and remedy in words. Never the value itself: it may be a secret in the wrong place. */
export function shapeProblem(
  { keyword, instancePath, params, parentSchema = {} }: Finding,
  place: string,
  words: WordsOfPattern,
): readonly [detail: string, remedy: string] {
  const missing = keyword === 'required' ? String(params.missingProperty) : null;
  const steps = [PLACES[place] ?? place, ...instancePath.split('/').slice(1), missing ?? []].flat();
  const path = steps.join('.').slice(0, 200);
  const fields = parentSchema.properties ?? {};
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty).slice(0, 64);
    const near = nearest(name, Object.keys(fields));
    const hint = near === null ? 'Remove it.' : `Did you mean ${near}?`;
    const remedy = `${hint} The fields here are: ${Object.keys(fields).join(', ')}.`;
    return [`${path} has no field ${JSON.stringify(name)}`, remedy];
  }
  const remedy = takesOf(missing === null ? parentSchema : (fields[missing] ?? {}), words);
  return [`${path} is ${missing === null ? 'not in its form' : 'missing'}`, remedy];
}

function takesOf(schema: Schema, words: WordsOfPattern): string {
  const known = typeof schema.pattern === 'string' ? words(schema.pattern) : null;
  if (known !== null) return `Give ${known[0]}; for example ${known[1]}.`;
  if (Array.isArray(schema.enum)) return `Give one of: ${schema.enum.join(', ')}.`;
  const kinds = [schema.type ?? 'string'].flat().map((type) => TYPES[String(type)] ?? String(type));
  const limits = Object.entries(LIMITS).flatMap(([name, text]) =>
    schema[name] === undefined ? [] : [` ${text} ${schema[name]}`],
  );
  const about = typeof schema.description === 'string' ? ` ${schema.description}` : '';
  return `Give ${kinds.join(' or ')}${limits.length === 0 ? '' : `:${limits.join(',')}`}.${about}`;
}
