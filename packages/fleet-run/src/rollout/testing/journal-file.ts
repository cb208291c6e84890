import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRollout } from '../journal.ts';
import { type Ground, groundOf, HEADER } from './fixture.ts';

export interface FileGround extends Ground {
  readonly file: string;
}

/** The journal is a real file. */
export async function withFile(work: (ground: FileGround) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-rollout-'));
  const file = join(folder, 'journal');
  const ground = groundOf(() => {
    const opened = openRollout(file, HEADER);
    assert.ok(opened.ok);
    return opened.journal;
  });
  try {
    await work({ ...ground, file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
