import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { closeNotice, openNotice } from '../notify/notices.ts';
import { openProgrammeStore, type ProgrammeStore } from '../storage/index.ts';
import { withNoticeLog } from './notice-log.ts';

let plain: ProgrammeStore;
let lines: string[] = [];
beforeEach(async () => {
  lines = [];
  plain = await openProgrammeStore({ file: ':memory:' }, () => 1);
});
afterEach(() => plain.close());

/** The store as one process sees it. */
function process(): ProgrammeStore {
  const at = (level: string) => (_facts: object, text?: string) => void lines.push(`${level} ${text}`);
  return withNoticeLog(plain, { info: at('info'), warn: at('warn'), error: at('error') });
}

const TOLD = { key: 'a', severity: 'warning', text: 'the list is empty. Check its source' } as const;

test('each notice that opens is logged once with its remedy, again if its severity changes, and when it closes', async () => {
  const store = process();
  await openNotice(store, 1, TOLD);
  await openNotice(store, 2, { ...TOLD, text: 'the list is still empty' });
  await openNotice(store, 3, { ...TOLD, severity: 'critical' });
  await closeNotice(store, 4, 'a');
  await closeNotice(store, 5, 'a');
  await openNotice(store, 6, TOLD);
  assert.deepEqual(lines, [
    `warn notice opened: ${TOLD.text}`,
    `error notice opened: ${TOLD.text}`,
    `info notice closed: ${TOLD.text}`,
    `warn notice opened: ${TOLD.text}`,
  ]);
});

test('a process logs a notice that is open from before its start', async () => {
  await openNotice(process(), 1, TOLD);
  lines = [];
  await openNotice(process(), 2, TOLD);
  assert.deepEqual(lines, [`warn notice opened: ${TOLD.text}`]);
});
