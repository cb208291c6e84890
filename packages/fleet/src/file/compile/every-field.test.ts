import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { rendered } from '../emit/render/rendered.ts';
import { networkJsonSchema } from '../network/json-schema.ts';
import { SPEC_TEXT } from '../testing/networks.ts';
import { readNetwork } from './read.ts';
import { WHOLE_FILES } from './testing/whole-files.ts';

/** Fields that rightly change no object, and what reads them instead. */
const READ_BY: readonly (readonly [RegExp, string])[] = [
  [/^(defaults|pools\.\*(\.instances\.\*)?)\.software\.sdk$/, 'the rules of flags, in `fleet file check`'],
  [/^(defaults|pools\.\*(\.instances\.\*)?)\.storage\.grow\./, '`fleet nodes storage grow`'],
  [/^rollout\./, '`fleet nodes rollout` and `fleet apply`'],
  [/^upgradeAt\./, '`fleet nodes rollout`'],
  [/^backup\./, '`fleet backup`'],
];

/** Fields with one value, names of other parts of the file, and values that need another field too. */
const REFUSED_ALONE = [
  'chain.spec.file',
  'format',
  'patches[].place',
  'patches[].pool',
  'pools.*.autoscale.by',
  'pools.*.duty.service',
  'pools.*.keys.node.source',
  'pools.*.keys.session.source',
  'pools.*.place',
  'pools.*.runs',
  'rollout.maxUnavailable',
  'service.name',
  'service.places',
];

const SCHEMA = networkJsonSchema() as JsonRecord;
const plain = (file: unknown) => JSON.parse(JSON.stringify(file)) as JsonRecord;

type Result = { readonly graph: string; readonly files: () => string } | null;

function read(file: Json): Result {
  const found = readNetwork(JSON.stringify(file), new Map([['chain.json', SPEC_TEXT]]));
  if (!found.ok) return null;
  const { network, graph } = found;
  const formats = ['nftables', 'terraform', 'access', 'jobs'] as const;
  const all = () => formats.flatMap((format) => rendered(network, graph, { format, place: null }));
  // Jobs bring the network file with them.
  const parts = () => all().flatMap(({ text }) => text.split('---\n'));
  const files = () =>
    parts()
      .filter((one) => !one.includes('kind: ConfigMap'))
      .join();
  return { graph: graph.digest, files };
}

/** The schema itself and those that `anyOf` offers. */
const forms = (schema: Json | undefined): readonly JsonRecord[] =>
  isRecord(schema)
    ? [schema, ...(isList(schema.anyOf) ? schema.anyOf : []).filter(isRecord).flatMap(forms)]
    : [];
const part = (schema: Json | undefined, name: string) => forms(schema).find((one) => one[name])?.[name];
const hasFields = (schema: Json | undefined) => part(schema, 'properties') !== undefined;

/** The named parts of a schema: `pools`, `pools.*`, `patches[]`. */
function partsOf(schema: Json | undefined): readonly (readonly [suffix: string, schema: Json])[] {
  const [properties, more, items] = ['properties', 'additionalProperties', 'items'].map((name) =>
    part(schema, name),
  );
  if (isRecord(properties)) return Object.entries(properties).map(([name, one]) => [`.${name}`, one]);
  if (more !== undefined && hasFields(more)) return [['.*', more]];
  return items !== undefined && hasFields(items) ? [['[]', items]] : [];
}

/** Each field of the schema that has no fields in it. */
function fieldsOf(schema: Json, path = ''): readonly string[] {
  const parts = partsOf(schema);
  return parts.length === 0 ? [path.slice(1)] : parts.flatMap(([name, one]) => fieldsOf(one, path + name));
}

interface Field {
  readonly path: string;
  readonly keys: readonly (string | number)[];
  readonly value: Json;
  readonly schema: Json;
}

/** The fields that a file has. */
function fieldsIn(value: Json, schema: Json, keys: Field['keys'] = [], path = ''): readonly Field[] {
  const parts = partsOf(schema);
  if (parts.length === 0) return [{ path: path.slice(1), keys, value, schema }];
  return parts.flatMap(([suffix, inner]) => {
    const names =
      suffix === '[]' && isList(value)
        ? [...value.keys()]
        : !isRecord(value)
          ? []
          : suffix === '.*'
            ? Object.keys(value)
            : [suffix.slice(1)].filter((name) => Object.hasOwn(value, name));
    return names.flatMap((name) =>
      fieldsIn((value as Record<string | number, Json>)[name] ?? null, inner, [...keys, name], path + suffix),
    );
  });
}

/** Other values, some of them valid. */
function others(value: Json, schema: Json | undefined): readonly Json[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value - 1, value * 2];
  if (typeof value === 'string') {
    const named = forms(schema).flatMap((one) => (isList(one.enum) ? one.enum : []));
    const next = (letter: string) =>
      letter === '9' || letter === 'z'
        ? letter === '9'
          ? '8'
          : 'y'
        : String.fromCharCode(letter.charCodeAt(0) + 1);
    const last = value.replace(/[a-z0-9](?=[^a-z0-9]*$)/, next);
    const texts = [
      last,
      `${value}x`,
      value.replace(/[0-9]/, next),
      value.replace('A', 'B'),
      value.replace('20', '21'),
      value.replace(/[0-9](?=\/)/, next),
    ];
    return [...named, ...texts].filter((one) => one !== value);
  }
  if (isList(value))
    return [
      ...value.flatMap((one, index) =>
        others(one, part(schema, 'items')).map((other) => value.with(index, other)),
      ),
      value.slice(1),
    ];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => [
    ...others(one, part(schema, 'additionalProperties')).map((other) => ({ ...value, [name]: other })),
    Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)),
  ]);
}

function withValue(target: Json, [key, ...rest]: Field['keys'], value: Json): Json {
  if (key === undefined) return value;
  if (isList(target)) return target.with(Number(key), withValue(target[Number(key)] ?? null, rest, value));
  const record = isRecord(target) ? target : {};
  return { ...record, [key]: withValue(record[key] ?? null, rest, value) };
}

type Effect = 'changes' | 'nothing' | 'refused';

function effectOf(file: JsonRecord, { keys, value, schema }: Field, base: NonNullable<Result>): Effect {
  let effect: Effect = 'refused';
  for (const other of others(value, schema)) {
    const found = read(withValue(file, keys, other));
    if (found === null) continue;
    if (found.graph !== base.graph || found.files() !== base.files()) return 'changes';
    effect = 'nothing';
  }
  return effect;
}

/** Fields of one kind that may stand in several places. */
const setting = (path: string) =>
  path
    .replace(/^(defaults|pools\.\*\.instances\.\*)\./, 'pools.*.')
    .replace(/^chain\.(relay|parachains\.\*)\./, 'chain.');

test('each field of a network file changes an object, is refused, or is read by a named command', () => {
  const effects = new Map<string, Set<Effect>>();
  const silent: string[] = [];
  for (const [name, text] of Object.entries(WHOLE_FILES)) {
    const file = plain(text);
    const base = read(file);
    assert.ok(base !== null, name);
    const files = base.files();
    for (const field of fieldsIn(file, SCHEMA)) {
      const { path } = field;
      const effect = effectOf(file, field, { ...base, files: () => files });
      const known = effects.get(setting(path)) ?? new Set();
      effects.set(setting(path), known.add(effect));
      if (effect === 'nothing' && !READ_BY.some(([fields]) => fields.test(path)))
        silent.push(`${name}: ${path}`);
    }
  }
  assert.deepEqual(silent, [], 'these fields are dropped in silence');
  const all = fieldsOf(SCHEMA);
  const missing = all.filter((path) => !effects.has(setting(path)));
  assert.deepEqual(missing, [], 'no file of the test has these fields');
  const entries = [...effects];
  const listed = entries.filter(
    ([path, found]) => found.has('changes') && READ_BY.some(([one]) => one.test(path)),
  );
  assert.deepEqual(listed, [], 'these fields change an object, so no list may name them');
  const idle = READ_BY.filter(([one]) => !all.some((path) => one.test(path)));
  assert.deepEqual(idle, [], 'these entries of the list name no field');
  const refused = entries
    .filter(([, found]) => !found.has('changes') && !found.has('nothing'))
    .map(([path]) => path);
  assert.deepEqual(refused.sort(), REFUSED_ALONE, 'no other value of these fields was accepted');
});

const OF_POOLS = new Set(['role', 'runs', 'count', 'place']);

test('a setting means the same in a pool and in `defaults`', () => {
  for (const [name, text] of Object.entries(WHOLE_FILES)) {
    const file = plain(text);
    const pool = isRecord(file.pools) ? file.pools.p : undefined;
    if (!isRecord(pool) || (isRecord(file.pools) && file.pools.q !== undefined)) continue;
    const of = (isOwn: boolean) =>
      Object.fromEntries(Object.entries(pool).filter(([key]) => OF_POOLS.has(key) === isOwn));
    const base = read(file);
    const inDefaults = read({ ...file, defaults: of(false), pools: { p: of(true) } });
    assert.equal(inDefaults?.graph, base?.graph, name);
  }
});
