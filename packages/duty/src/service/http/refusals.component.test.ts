import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSchema } from '@watchbill/kit/http';
import { patternWords } from './pattern-words.ts';
import { routeSpecs } from './routes/specs.ts';
import { PEER_SECRET, secretOf } from './testing/fixed-values.ts';
import { testApp } from './testing/server.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly minItems?: number;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

interface Place {
  readonly path: readonly string[];
  readonly schema: Schema;
}

/** Every place of a shape, with one entry of each list and record. */
function placesOf(schema: Schema, path: readonly string[] = []): readonly Place[] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    { path, schema },
    ...Object.entries(properties).flatMap(([name, one]) => placesOf(one, [...path, name])),
    ...(items === undefined ? [] : placesOf([items].flat()[0] as Schema, [...path, '0'])),
    ...(typeof additionalProperties === 'object' ? placesOf(additionalProperties, [...path, 'babe']) : []),
  ];
}

/** A value of the shape, with an empty text at a place. */
function filled(schema: Schema, at: readonly string[] | null): unknown {
  const [step, ...rest] = at ?? [];
  if (at !== null && step === undefined) return '';
  const { properties, items, additionalProperties, required = [] } = schema;
  const inner = (name: string, one: Schema) => filled(one, name === step ? rest : null);
  if (properties !== undefined) {
    const names = Object.keys(properties).filter((name) => required.includes(name) || name === step);
    return Object.fromEntries(names.map((name) => [name, inner(name, properties[name] as Schema)]));
  }
  if (items !== undefined) {
    const one = inner('0', [items].flat()[0] as Schema);
    return Array.from({ length: Math.max(1, schema.minItems ?? 1) }, () => one);
  }
  if (typeof additionalProperties === 'object') return { babe: inner('babe', additionalProperties) };
  if (schema.pattern !== undefined) return patternWords(schema.pattern)?.[1];
  if (schema.enum !== undefined) return schema.enum[0];
  return { boolean: true, integer: schema.minimum ?? 1, number: 1 }[String(schema.type)] ?? 'x';
}

const ROUTES = Object.entries(routeSpecs()).flatMap(([name, entry]) =>
  (['query', 'body'] as const).flatMap((part) => {
    const shape = (entry as { query?: never; body?: never })[part];
    if (shape === undefined) return [];
    return [{ name, part, entry, schema: jsonSchema(shape, 'input') as Schema }];
  }),
);

test('each pattern of a request has words, and an example that fits it', () => {
  const patterns = ROUTES.flatMap(({ schema }) => placesOf(schema)).flatMap(
    ({ schema }) => schema.pattern ?? [],
  );
  assert.ok(patterns.length > 50);
  for (const pattern of new Set(patterns)) {
    const [takes = '', example = ''] = patternWords(pattern) ?? [];
    assert.notEqual(takes, '', pattern);
    assert.match(example, new RegExp(pattern, 'u'));
  }
});

test('a value that breaks a shape is answered with its place, what it takes and no pattern', async () => {
  const { inject } = await testApp();
  let tried = 0;
  for (const { name, part, entry, schema } of ROUTES)
    for (const { path, schema: place } of placesOf(schema)) {
      const url = entry.url.replaceAll(/:id/g, '4f1c09d2a86b4d7e93a05b1c77e0d6a2');
      if (
        path.length === 0 ||
        (place.pattern === undefined && place.enum === undefined && place.type === 'string')
      )
        continue;
      const value = filled(schema, path) as Record<string, string>;
      const query = part === 'query' ? `?${new URLSearchParams(value)}` : '';
      const secret = entry.access === 'peer' ? PEER_SECRET : secretOf('operator');
      const answer = await inject({
        method: entry.method,
        url: `${url}${query}`,
        headers: { authorization: `Bearer ${secret}` },
        ...(part === 'body' ? { payload: value } : {}),
      });
      const what = `${name} ${part}.${path.join('.')}: ${answer.body}`;
      assert.deepEqual([answer.statusCode, answer.json().code], [400, 'invalid-request'], what);
      const { detail, remedy } = answer.json();
      assert.ok(detail.startsWith(`${part}.${path.join('.')} `), what);
      assert.match(remedy, /^Give /, what);
      assert.doesNotMatch(`${detail} ${remedy}`, /\^|\[0-9|pattern/, what);
      tried += 1;
    }
  assert.ok(tried > 150, String(tried));
});

test('an unknown field and a missing one are named, with the fields that there are', async () => {
  const { inject } = await testApp();
  const headers = { authorization: `Bearer ${secretOf('operator')}` };
  const post = async (payload: object) =>
    (await inject({ method: 'POST', url: '/v1/freezes', headers, payload })).json();
  const typo = await post({ key: 'all', reasn: 'x', reason: 'x' });
  assert.equal(typo.detail, 'body has no field "reasn"');
  assert.equal(typo.remedy, 'Did you mean reason? The fields here are: key, chain, reason.');
  const missing = await post({ key: 'all' });
  assert.equal(missing.detail, 'body.reason is missing');
  assert.match(missing.remedy, /^Give a text of one line, .*; for example the old node/);
});
