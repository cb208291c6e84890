import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@watchbill/kit/log';
import { field } from '@watchbill/kit/testing';
import { readingLog } from './log.ts';

test('a folder of --database that does not exist is a warning, and any other restart is not', () => {
  const lines: { readonly level: number; readonly msg: string }[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const { continuity } = readingLog(createLogger({ level: 'info', destination: { write } }));
  continuity({ state: 'not-proven', why: 'no-database' });
  continuity({ state: 'not-proven', why: 'no-token' });
  continuity({ state: 'proven' });
  assert.deepEqual(lines.map(field('level')), [40, 30, 30]);
  assert.match(lines[0]?.msg ?? '', /--database does not exist/);
});
