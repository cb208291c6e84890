import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { readZombienet, SourceFault } from './source.ts';
import { placeKey, tomlPlaces } from './toml-places.ts';

/** Every path of a value, tables and items of lists too. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): string[] {
  const inner = (key: string | number, one: unknown) => [
    placeKey([...path, key]),
    ...pathsOf(one, [...path, key]),
  ];
  if (Array.isArray(value)) return value.flatMap((one, index) => inner(index, one));
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, one]) => inner(key, one));
}

const name = fc.oneof(fc.stringMatching(/^[a-z_]{1,6}$/), fc.string({ minLength: 1, maxLength: 6 }));
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2100-01-01') }),
);
const { table } = fc.letrec<{ table: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    tie('table'),
    fc.array(tie('table'), { minLength: 1, maxLength: 3 }),
  ),
  table: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));

test('every path of a TOML text has a place, and nothing else has', () => {
  fc.assert(
    fc.property(table, (value) => {
      const text = stringify(value as Record<string, unknown>);
      const places = tomlPlaces(text);
      assert.deepEqual([...places.keys()].sort(), pathsOf(parse(text)).sort(), text);
      const lines = text.split('\n');
      for (const { line, column } of places.values())
        assert.match(lines[line - 1]?.[column - 1] ?? '', /\S/, `${line}:${column} of ${text}`);
    }),
    { numRuns: 300 },
  );
});

const HARBOUR = `# a harbour
[relaychain]
chain = "west#end" # not a comment inside
default_args = [
  "-lparachain=debug", # first
  ["--pool-limit", "10"],
]
genesis.sudo.'a.b' = {key = "x]", "y z" = [1, {q = 2}]}
when = 2026-11-21 05:00:00
long = """a "quoted"
[not.a.table]"""""

  [[relaychain.nodes]]
  name = "alice"
  [relaychain.nodes.resources]
  cpu = 1
  [[relaychain.nodes]]
  name = 'bob'
`;

test('comments, brackets in texts, dotted keys, inline tables and tables of tables do not mislead it', () => {
  const { placeOf, value } = readZombienet(HARBOUR, 'toml');
  const at = (...path: readonly (string | number)[]) => {
    const { line, column } = placeOf(path);
    return `${line}:${column}`;
  };
  assert.equal(at('relaychain'), '2:1');
  assert.equal(at('relaychain', 'default_args', 1), '6:3');
  assert.equal(at('relaychain', 'genesis', 'sudo', 'a.b'), '8:1');
  assert.equal(at('relaychain', 'genesis', 'sudo', 'a.b', 'y z', 1, 'q'), '8:48');
  assert.equal(at('relaychain', 'long'), '10:1');
  assert.equal(at('relaychain', 'nodes', 0, 'resources', 'cpu'), '16:3');
  assert.equal(at('relaychain', 'nodes', 1, 'name'), '18:3');
  assert.equal(at('relaychain', 'nodes', 1, 'absent'), '17:3', 'its nearest parent');
  assert.deepEqual(pathsOf(value).sort(), [...tomlPlaces(HARBOUR).keys()].sort());
});

test('YAML and JSON have places too; numbers that a double does not hold keep their digits and are named', () => {
  const json = readZombienet(
    '{"relaychain": {"nodes": [{"name": "alice", "balance": 99999999999999999999}]}}',
    'yaml',
  );
  assert.deepEqual(json.placeOf(['relaychain', 'nodes', 0, 'balance']), { line: 1, column: 45 });
  assert.deepEqual(json.wide, [['relaychain', 'nodes', 0, 'balance']]);
  assert.deepEqual(json.value, {
    relaychain: { nodes: [{ name: 'alice', balance: '99999999999999999999' }] },
  });
  const toml = readZombienet('a = 9223372036854775807\nb = 5\n', 'toml');
  assert.deepEqual([toml.value, toml.wide], [{ a: '9223372036854775807', b: 5 }, [['a']]]);
});

test('what is no TOML or no YAML is refused at its place', () => {
  const refused = (line: number) => (error: unknown) =>
    error instanceof SourceFault && error.place.line === line && !error.message.includes('\n');
  assert.throws(() => readZombienet('a = 1\nb = = 2\n', 'toml'), refused(2));
  assert.throws(() => readZombienet('a = 1\na = 2\n', 'toml'), refused(2));
  assert.throws(() => readZombienet('{"a": 1,\n "a": 2}', 'yaml'), refused(2));
});
