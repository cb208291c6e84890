import fc from 'fast-check';

/** The part of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
}

const WRONG = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    '0',
    '-1',
    '+1',
    '01',
    '1e3',
    ' 1',
    '1 ',
    '0x',
    '0X12',
    [],
    {},
  ),
  fc.constantFrom<unknown>('99999999999999999999', '9'.repeat(400), 1e308, -1, 0.5, Number.MAX_SAFE_INTEGER),
  fc.constantFrom<unknown>('__proto__', 'constructor', 'toString', '\u0000', '\ud800', '%00', '../..'),
  fc.string({ maxLength: 80 }),
  fc.anything({ withNullPrototype: false, maxDepth: 2 }).map(jsonable),
);

function jsonable(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part));
  return text === undefined ? null : JSON.parse(text);
}

/** Values that a schema describes; with `broken`, each place may hold another value. */
export function arbitraryOf(schema: Schema, broken: boolean): fc.Arbitrary<unknown> {
  const good = goodOf(schema, broken);
  return broken ? fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: WRONG }) : good;
}

function goodOf(schema: Schema, broken: boolean): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) throw new Error(`a schema without a type: ${JSON.stringify(schema)}`);
  return fc.oneof(...types.map((type) => typed(type, schema, broken)));
}

function typed(type: string, schema: Schema, broken: boolean): fc.Arbitrary<unknown> {
  const { minimum: min = -1e6, maximum: max = 1e6 } = schema;
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) });
    case 'number':
      return fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
    case 'string':
      return text(schema);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? { type: 'null' }, broken), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, 4),
      });
    case 'object':
      return object(schema, broken);
    default:
      throw new Error(`a type that the fuzzer does not know: ${type}`);
  }
}

function text(schema: Schema): fc.Arbitrary<string> {
  if (schema.pattern !== undefined && schema.format === undefined) {
    return fc.stringMatching(new RegExp(schema.pattern));
  }
  if (schema.format === 'uri') return fc.webUrl().filter((url) => url.length <= (schema.maxLength ?? 2_000));
  return fc.string({ maxLength: Math.min(schema.maxLength ?? 40, 40) });
}

function object(schema: Schema, broken: boolean): fc.Arbitrary<unknown> {
  const members = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  const whole = fc.record(
    Object.fromEntries(members.map(([name, member]) => [name, arbitraryOf(member, broken)])),
    { requiredKeys: broken ? [] : members.map(([name]) => name).filter((name) => required.has(name)) },
  );
  const free = schema.additionalProperties;
  if (typeof free === 'object') {
    const names = text(schema.propertyNames ?? { type: 'string', pattern: '^[a-z]{1,8}$' });
    return fc.dictionary(names, arbitraryOf(free, broken), { maxKeys: 4 });
  }
  if (!broken) return whole;
  const extra = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), WRONG, { maxKeys: 1 });
  return fc
    .tuple(whole, fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, extra))
    .map(([a, b]) => ({ ...a, ...b }));
}
