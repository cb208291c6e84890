import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Schema = Readonly<Record<string, Json>>;

const SHARED = '_definitions.json';
/** Written as numbers or as texts; the description of the API only says text. */
const EITHER: Schema = { oneOf: [{ type: 'string' }, { type: 'number' }] };
/** Hints for people, or for the server alone. */
const LEFT_OUT = /^(description|default|x-kubernetes-.*)$/;

/**
 * Writes JSON schemas for kubeconform from the server's own description (`/openapi/v2`), one for each kind,
 * its own kinds included. They are strict: a property that is not described is refused. Returns the number of
 * kinds.
 */
export function writeSchemas(openApi: unknown, folder: string): number {
  const definitions = (openApi as { readonly definitions: Readonly<Record<string, Schema>> }).definitions;
  mkdirSync(folder, { recursive: true });
  const all = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [
      name,
      /\.(Quantity|IntOrString)$/.test(name) ? EITHER : (strict(schema) as Schema),
    ]),
  );
  writeFileSync(join(folder, SHARED), JSON.stringify({ definitions: all }));
  let count = 0;
  for (const [name, schema] of Object.entries(definitions))
    for (const { group, version, kind } of kindsOf(schema)) {
      // DeleteOptions and the like claim to be of every group.
      if (name.includes('.apimachinery.')) continue;
      const own = all[name] ?? {};
      const properties = {
        ...(own.properties as Schema | undefined),
        kind: { enum: [kind] },
        apiVersion: { enum: [group === '' ? version : `${group}/${version}`] },
      };
      const prefix = group === '' ? '' : `-${group.split('.')[0]}`;
      const file = join(folder, `${kind.toLowerCase()}${prefix}-${version}.json`);
      writeFileSync(file, JSON.stringify({ ...own, properties, required: ['apiVersion', 'kind'] }));
      count += 1;
    }
  return count;
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function kindsOf(schema: Schema): readonly GroupVersionKind[] {
  return (schema['x-kubernetes-group-version-kind'] ?? []) as unknown as readonly GroupVersionKind[];
}

function strict(value: Json): Json {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Schema;
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string') return EITHER;
  const kept = Object.entries(schema)
    .filter(([name]) => !LEFT_OUT.test(name))
    .map(([name, inner]): readonly [string, Json] => [name, renamed(name, inner)]);
  const result = Object.fromEntries(kept);
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in result;
  return 'properties' in result && !open ? { ...result, additionalProperties: false } : result;
}

function renamed(name: string, inner: Json): Json {
  if (name === '$ref') return String(inner).replace('#/', `${SHARED}#/`);
  // Below `properties` stand names of fields, which may be `default` or `description` too.
  if (name === 'properties')
    return Object.fromEntries(
      Object.entries(inner as Schema).map(([field, schema]) => [field, strict(schema)]),
    );
  return strict(inner);
}
