import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@watchbill/kit/log';
import { readingLog } from './log.ts';

test('a folder of --database that does not exist is a warning, and any other restart is not', () => {
  const lines: string[] = [];
  const write = (text: string): void => void lines.push(text);
  const { continuity } = readingLog(createLogger({ level: 'info', destination: { write } }));
  continuity({ state: 'not-proven', why: 'no-database' });
  continuity({ state: 'not-proven', why: 'no-token' });
  assert.match(lines.join(), /"level":40.*--database does not exist.*,.*"level":30/s);
});
