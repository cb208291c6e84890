import { z } from 'zod';

export type JsonSchema = { readonly [member: string]: unknown };

/** JSON Schema of a client's data: defaults are optional, unknown members of strict objects are refused. */
export function requestSchema(schema: z.ZodType): JsonSchema {
  return convert(schema, 'input');
}

/** JSON Schema of the service's answers. */
export function responseSchema(schema: z.ZodType): JsonSchema {
  return convert(schema, 'output');
}

function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io });
  return flattenNullable(rest) as JsonSchema;
}

/**
 * `anyOf [X, null]` becomes X with a second type. It means the same, and the compiled serializer then needs
 * no validator at run time.
 */
function flattenNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flattenNullable);
  if (typeof value !== 'object' || value === null) return value;
  const flat = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, flattenNullable(member)]),
  ) as Record<string, unknown>;
  const { anyOf, ...rest } = flat;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return flat;
  const [only, none] = anyOf as [Record<string, unknown>, Record<string, unknown>];
  if (none.type !== 'null' || typeof only.type !== 'string') return flat;
  const choices = only.enum;
  return {
    ...only,
    ...rest,
    type: [only.type, 'null'],
    ...(Array.isArray(choices) ? { enum: [...choices, null] } : {}),
  };
}
