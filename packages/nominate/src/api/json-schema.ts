import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema of a shape: `input` for requests, `output` for answers. */
export function jsonSchema(shape: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any' });
  return nullableInOne(schema) as JsonSchema;
}

/** Writes `anyOf [X, null]` as X whose type may also be null, which means the same and is easier to read. */
function nullableInOne(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nullableInOne);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, nullableInOne(member)] as const);
  const { anyOf, ...rest } = Object.fromEntries(entries);
  if (anyOf === undefined) return rest;
  const [only, none, ...more] = anyOf as readonly Record<string, unknown>[];
  if (only === undefined || none?.type !== 'null' || more.length > 0 || typeof only.type !== 'string')
    return { ...rest, anyOf };
  const choices = Array.isArray(only.enum) ? { enum: [...only.enum, null] } : {};
  return { ...only, ...rest, type: [only.type, 'null'], ...choices };
}
