import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { RecordError, shapeRecord } from './index.ts';

const isRefused = (why: RegExp) => (error: unknown) =>
  error instanceof RecordError && why.test(error.message);

test('a record of another shape is refused by the first member that is wrong', () => {
  const shape = z.strictObject({ list: z.array(z.strictObject({ a: z.int() })), b: z.int() });
  const value = { list: [{ a: 1 }], b: 2 };
  assert.deepEqual(shapeRecord('the record', value, shape), value);
  const wrong = { list: [{ a: 'x' }], b: 'y' };
  assert.throws(
    () => shapeRecord('the record', wrong, shape),
    isRefused(/^the record\b.*list\.0\.a: .*expected number/),
  );
  assert.throws(
    () => shapeRecord('the record', 7, shape),
    isRefused(/^the record\b.* it: .*expected object/),
  );
});
