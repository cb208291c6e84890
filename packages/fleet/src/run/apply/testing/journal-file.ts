import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../journal.ts';
import { groundOf, type WithGround } from './ground.ts';

/** The journal is a real file, and time is virtual. */
export const withFile: WithGround = (work) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-apply-'));
  const ground = groundOf(({ id, network }) => {
    const header = { format: 'watchbill/journal/1', plan: id, network, identities: {} } as const;
    const opened = openJournal(join(folder, 'journal'), header);
    assert.ok(opened.ok);
    return opened.journal;
  });
  return work(ground).finally(() => rmSync(folder, { recursive: true, force: true }));
};
