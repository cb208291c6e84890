import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { z } from 'zod';
import { textOfProperty } from './examples.ts';
import { networkSchema } from './schema.ts';

/** JSON Schema of a network file, for editors: every property has a description and an example. */
export function networkJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(networkSchema, { io: 'input' }) as unknown as JsonRecord;
  return withTexts(schema, '') as Record<string, unknown>;
}

/** Adds texts to the properties below a schema; `path` is that of the schema itself. */
function withTexts(schema: Json, path: string): Json {
  if (!isRecord(schema)) return schema;
  const result: Record<string, Json> = { ...schema };
  if (isRecord(schema.properties))
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, inner]) => {
        const at = path === '' ? name : `${path}.${name}`;
        return [name, described(withTexts(inner, at), at)];
      }),
    );
  if (schema.additionalProperties !== undefined)
    result.additionalProperties = withTexts(schema.additionalProperties, `${path}.*`);
  if (schema.items !== undefined) result.items = withTexts(schema.items, `${path}[]`);
  if (isList(schema.anyOf)) result.anyOf = schema.anyOf.map((one) => withTexts(one, path));
  return result;
}

function described(schema: Json, path: string): Json {
  const text = textOfProperty(path);
  if (!isRecord(schema) || text === undefined) return schema;
  return { description: text.description ?? '', ...schema, examples: [text.example] };
}

/** A property of the schema, for pages about it. */
export interface SchemaProperty {
  /** `pools.*.storage.chainGiB` */
  readonly path: string;
  readonly schema: JsonRecord;
}

/** Every property below a schema, in the order of the schema. */
export function schemaProperties(schema: Json | undefined, path = ''): readonly SchemaProperty[] {
  if (!isRecord(schema)) return [];
  const own = Object.entries(isRecord(schema.properties) ? schema.properties : {}).flatMap(
    ([name, inner]) => {
      const at = path === '' ? name : `${path}.${name}`;
      return isRecord(inner) ? [{ path: at, schema: inner }, ...schemaProperties(inner, at)] : [];
    },
  );
  return [
    ...own,
    ...schemaProperties(schema.additionalProperties, `${path}.*`),
    ...schemaProperties(schema.items, `${path}[]`),
    ...(isList(schema.anyOf) ? schema.anyOf.flatMap((one) => schemaProperties(one, path)) : []),
  ];
}
