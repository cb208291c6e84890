import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRollout } from '../journal.ts';
import { type Fixture, fixtureOf, HEADER } from './fixture.ts';

export interface FileFixture extends Fixture {
  readonly file: string;
}

/** The journal is a real file. */
export async function withFile(work: (fixture: FileFixture) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-rollout-'));
  const file = join(folder, 'journal');
  const fixture = fixtureOf(() => {
    const opened = openRollout(file, HEADER);
    assert.ok(opened.ok);
    return opened.journal;
  });
  try {
    await work({ ...fixture, file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
