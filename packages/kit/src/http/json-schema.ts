import { z } from 'zod';

export type JsonSchema = { readonly [member: string]: unknown };

/**
 * JSON Schema of a shape, in the dialect that fastify compiles. `input`: the data of a client, in which
 * defaults are optional and a strict object refuses unknown members. `output`: answers.
 */
export function jsonSchema(shape: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(shape, { target: 'draft-7', io });
  return nullableInOne(rest) as JsonSchema;
}

/**
 * `anyOf [X, null]` becomes X with a second type. It means the same, and the compiled serializer then needs
 * no validator at run time.
 */
function nullableInOne(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nullableInOne);
  if (typeof value !== 'object' || value === null) return value;
  const flat: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, nullableInOne(member)]),
  );
  const { anyOf, ...rest } = flat;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return flat;
  const [only, none] = anyOf as [Record<string, unknown>, Record<string, unknown>];
  if (none.type !== 'null' || typeof only.type !== 'string') return flat;
  const choices = Array.isArray(only.enum) ? { enum: [...only.enum, null] } : {};
  return { ...only, ...rest, type: [only.type, 'null'], ...choices };
}
