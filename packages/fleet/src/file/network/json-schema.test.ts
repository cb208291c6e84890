import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field } from '@watchbill/kit/testing';
import { z } from 'zod';
import { networkJsonSchema, schemaProperties } from './json-schema.ts';
import { networkSchema } from './schema.ts';

const properties = schemaProperties(networkJsonSchema() as never);

test('every property of the schema has a description and an example', () => {
  assert.ok(properties.length > 200);
  const without = properties.filter(
    ({ schema }) => typeof schema.description !== 'string' || schema.description.length < 10,
  );
  assert.deepEqual(without.map(field('path')), []);
  const alone = properties.filter(({ schema }) => !Array.isArray(schema.examples));
  assert.deepEqual(alone.map(field('path')), []);
});

test('every example is accepted at its place', () => {
  const wrong = properties.flatMap(({ path, schema }) => {
    const [example] = schema.examples as readonly unknown[];
    const result = z.fromJSONSchema(schema as never).safeParse(example);
    return result.success ? [] : [`${path}: ${result.error.issues[0]?.message}`];
  });
  assert.deepEqual(wrong, []);
});

test('control: an example that does not fit is found', () => {
  const count = properties.find(({ path }) => path === 'pools.*.count');
  assert.ok(!z.fromJSONSchema(count?.schema as never).safeParse('three').success);
});

test('the descriptions and examples change no rule of the schema', () => {
  const bare = z.toJSONSchema(networkSchema, { io: 'input' });
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, inner]) => !(key === 'description' && typeof inner === 'string') && key !== 'examples')
        .map(([key, inner]) => [key, strip(inner)]),
    );
  };
  assert.deepEqual(strip(networkJsonSchema()), strip(bare));
});
