import { code } from './markdown.mjs';

/**
 * The members of a JSON Schema object, nested ones by dotted path: `roster[].name`, `duties.NAME.window`.
 * Each row: path, type, whether it is required where its object is given, meaning.
 */
export function schemaRows(schema, prefix = '') {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const needed = required.has(name) ? 'yes' : 'no';
    return [[code(path), typeText(member), needed, meaning(member)], ...below(member, path)];
  });
}

function below(member, path) {
  const variants = member.anyOf ?? member.oneOf;
  if (variants !== undefined) return merged(variants.map((variant) => below(variant, path)));
  if ([member.type].flat().includes('array'))
    return isObject(member.items)
      ? schemaRows(member.items, `${path}[].`)
      : below(member.items ?? {}, `${path}[]`);
  return isObject(member) ? [...schemaRows(member, `${path}.`), ...ofRecord(member, path)] : [];
}

function ofRecord(schema, path) {
  const value = schema.additionalProperties;
  if (typeof value !== 'object' || value === null) return [];
  return isObject(value) ? schemaRows(value, `${path}.NAME.`) : below(value, `${path}.NAME`);
}

/**
 * One row for a member that several variants have, with all of its types. A member that some variants lack is
 * required in its variant only.
 */
function merged(variants) {
  const full = variants.filter((rows) => rows.length > 0);
  const rows = new Map();
  for (const [path, type, needed, about] of full.flat()) {
    const [, types = type] = rows.get(path) ?? [];
    const all = types.split(' or ').includes(type) ? types : `${types} or ${type}`;
    const isEverywhere = full.every((variant) => variant.some(([name]) => name === path));
    rows.set(path, [path, all, needed === 'yes' && !isEverywhere ? 'in its form' : needed, about]);
  }
  return [...rows.values()];
}

function isObject(schema) {
  return typeof schema === 'object' && schema !== null && [schema.type].flat().includes('object');
}

export function typeText(schema) {
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants !== undefined) return [...new Set(variants.map(typeText))].join(' or ');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  const types = [schema.type ?? 'any'].flat();
  const base = types.map((type) => words(type, schema)).join(' or ');
  const choices = schema.enum?.filter((choice) => choice !== null);
  const chosen =
    choices === undefined ? base : choices.map((choice) => code(JSON.stringify(choice))).join(', ');
  return `${chosen}${rangeText(schema)}`;
}

function words(type, schema) {
  if (type === 'string') return 'text';
  if (type === 'integer') return 'whole number';
  if (type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (type === 'object' && schema.propertyNames !== undefined) return 'object by name';
  return type;
}

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

function rangeText({ minimum, maximum, minItems, maxItems }) {
  const low = minimum ?? minItems;
  const high = maximum ?? maxItems;
  const bounded = high !== undefined && high < UNBOUNDED;
  if (low !== undefined && low > -UNBOUNDED) return bounded ? `, ${low} to ${high}` : `, at least ${low}`;
  return bounded ? `, at most ${high}` : '';
}

function meaning(schema) {
  const about = schema.description ?? (schema.pattern === undefined ? '' : `Form: ${code(schema.pattern)}.`);
  const parts = [
    about === '' || about.endsWith('.') || typeof schema.default === 'object' || schema.default === undefined
      ? about
      : `${about}.`,
    schema.default === undefined || typeof schema.default === 'object'
      ? ''
      : `Default ${code(JSON.stringify(schema.default))}.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
