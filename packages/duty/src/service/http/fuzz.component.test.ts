import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSchema, type OpenApiDocument } from '@watchbill/kit/http';
import fc from 'fast-check';
import type { Role } from '../contract.ts';
import { openApiDocument } from './openapi.ts';
import { patternWords } from './pattern-words.ts';
import { routeSpecs } from './routes/specs.ts';
import { fakePermit } from './testing/fake-permit.ts';
import { claimAnswer, PEER_SECRET, secretOf } from './testing/fixed-values.ts';
import { arbitraryOf, type Schema } from './testing/schema.ts';
import { problemIn, testApp } from './testing/server.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const RUNS = 60;
const OUTCOMES = ['granted', 'denied', 'unknown'] as const;
const permit = fakePermit({
  claim: async (claim) => {
    const outcome = OUTCOMES[claim.claimId.length % 3] ?? 'granted';
    return claimAnswer(claim, { outcome, reason: outcome === 'granted' ? 'new' : 'deadline' });
  },
});
const document: OpenApiDocument = JSON.parse(JSON.stringify(await openApiDocument({ version: 'x' })));
const routes: readonly Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(() => !path.startsWith('/original') && path !== '/v1/decisions/stream')
    .map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation: operation as Operation,
    })),
);
const app = await testApp(permit);

interface Input {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Inputs of a route: as the schemas say, or with single places broken. */
function inputOf({ operation }: Route, broken: boolean): fc.Arbitrary<Input> {
  const { parameters = [] } = operation;
  const required = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required === true && !broken)
    .map(({ name }) => name);
  const of = (where: Parameter['in']) =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((parameter) => parameter.in === where)
          .map(({ name, schema }) => [name, arbitraryOf(schema, broken)]),
      ),
      where === 'path' ? {} : { requiredKeys: required },
    );
  const schema = operation.requestBody?.content['application/json']?.schema;
  return fc.record({
    path: of('path'),
    query: of('query'),
    body: schema === undefined ? fc.constant(undefined) : arbitraryOf(schema, broken),
  });
}

/** The text of a client in a path or a query; an object may have no text. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

async function send(route: Route, input: Input, authorization: string) {
  const url = route.path.replaceAll(/\{([a-z]+)\}/g, (_all, name) =>
    encodeURIComponent(textOf(input.path[name] ?? '').toWellFormed()),
  );
  const query = new URLSearchParams(
    Object.entries(input.query).map(([name, value]): [string, string] => [name, textOf(value)]),
  );
  const payload = input.body === undefined ? {} : { payload: JSON.stringify(input.body) ?? 'undefined' };
  return app.inject({
    method: route.method as 'GET',
    url: `${url}?${query}`,
    headers: { authorization, ...(input.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...payload,
  });
}

type Answer = Awaited<ReturnType<typeof send>>;

function checkAnswer(route: Route, answer: Answer): void {
  const what = `${route.method} ${route.path} ${answer.statusCode} ${answer.body.slice(0, 500)}`;
  const known = String(answer.statusCode) in route.operation.responses;
  // An empty or oversized parameter makes another address, which may not be there.
  assert.ok(known || [404, 405, 414].includes(answer.statusCode), what);
  assert.ok(answer.statusCode < 500 || answer.statusCode === 503, what);
  if (answer.statusCode < 400) return;
  const { title, code } = problemIn(answer, answer.statusCode, answer.json().code);
  assert.ok(typeof title === 'string' && title !== '', what);
  assert.notEqual(code, 'internal', what);
}

const bearerOf = (path: string): string =>
  `Bearer ${path.startsWith('/v1/peer/') ? PEER_SECRET : secretOf('operator')}`;

for (const route of routes) {
  test(`${route.method} ${route.path}: inputs of its schemas are understood`, async () => {
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(inputOf(route, false), async (input) => {
        const answer = await send(route, input, bearerOf(route.path));
        checkAnswer(route, answer);
        if (answer.statusCode !== 400) understood++;
        // Shapes are right; only what a shape cannot say may be refused.
        else assert.notEqual(answer.json().code, 'invalid-request', answer.body);
      }),
      { numRuns: RUNS },
    );
    const semantic = ['/v1/claims', '/v1/policies', '/v1/tokens'].includes(route.path);
    assert.ok(understood > 0 || semantic, 'no input at all was understood');
  });

  test(`${route.method} ${route.path}: broken inputs are refused and touch nothing`, async () => {
    await fc.assert(
      fc.asyncProperty(inputOf(route, true), async (input) => {
        permit.calls.length = 0;
        const answer = await send(route, input, bearerOf(route.path));
        checkAnswer(route, answer);
        if (answer.statusCode >= 400 && answer.statusCode < 500) assert.deepEqual(permit.calls, []);
      }),
      { numRuns: RUNS },
    );
  });
}

test('any JSON, any text and any identity on any route', async () => {
  const role = fc.constantFrom<Role>('node', 'observer', 'operator', 'reader');
  const authorization = fc.oneof(
    role.map((name) => `Bearer ${secretOf(name)}`),
    fc.stringMatching(/^[!-~ ]{0,40}$/),
  );
  const body = fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' }));
  const type = fc.constantFrom(
    'application/json',
    'text/plain',
    'application/json; charset=utf-16',
    'a/b;;',
    '',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      authorization,
      body,
      type,
      async (route, who, payload, kind) => {
        const headers = { authorization: who, ...(kind === '' ? {} : { 'content-type': kind }) };
        const bodied = route.operation.requestBody === undefined ? {} : { payload };
        const url = route.path.replaceAll(/\{[a-z]+\}/g, 'x');
        const answer = await app.inject({ method: route.method as 'GET', url, headers, ...bodied });
        checkAnswer(route, answer);
      },
    ),
    { numRuns: 300 },
  );
});

interface Place {
  readonly path: readonly string[];
  readonly schema: Schema;
}

/** Every place of a shape, with one entry of each list and record. */
function shapePlaces(schema: Schema, path: readonly string[] = []): readonly Place[] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    { path, schema },
    ...Object.entries(properties).flatMap(([name, one]) => shapePlaces(one, [...path, name])),
    ...(items === undefined ? [] : shapePlaces([items].flat()[0] as Schema, [...path, '0'])),
    ...(typeof additionalProperties === 'object' ? shapePlaces(additionalProperties, [...path, 'babe']) : []),
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
  const patterns = ROUTES.flatMap(({ schema }) => shapePlaces(schema)).flatMap(
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
  let tried = 0;
  for (const { name, part, entry, schema } of ROUTES)
    for (const { path, schema: place } of shapePlaces(schema)) {
      const url = entry.url.replaceAll(/:id/g, '4f1c09d2a86b4d7e93a05b1c77e0d6a2');
      if (
        path.length === 0 ||
        (place.pattern === undefined && place.enum === undefined && place.type === 'string')
      )
        continue;
      const value = filled(schema, path) as Record<string, string>;
      const query = part === 'query' ? `?${new URLSearchParams(value)}` : '';
      const answer = await app.inject({
        method: entry.method,
        url: `${url}${query}`,
        headers: { authorization: bearerOf(entry.url) },
        ...(part === 'body' ? { payload: value } : {}),
      });
      const what = `${name} ${part}.${path.join('.')}: ${answer.body}`;
      const { detail, remedy } = problemIn(answer, 400, 'invalid-request');
      assert.ok(detail.startsWith(`${part}.${path.join('.')} `), what);
      assert.match(remedy, /^Give /, what);
      assert.doesNotMatch(`${detail} ${remedy}`, /\^|\[0-9|pattern/, what);
      tried += 1;
    }
  assert.ok(tried > 150, String(tried));
});

test('an unknown field and a missing one are named, with the fields that there are', async () => {
  const freeze = async (body: object) => (await app.ask('POST /v1/freezes', body)).json();
  const typo = await freeze({ key: 'all', reasn: 'x', reason: 'x' });
  assert.equal(typo.detail, 'body has no field "reasn"');
  assert.equal(typo.remedy, 'Did you mean reason? The fields here are: key, chain, reason.');
  const missing = await freeze({ key: 'all' });
  assert.equal(missing.detail, 'body.reason is missing');
  assert.match(missing.remedy, /^Give a text of one line, .*; for example the old node/);
});
