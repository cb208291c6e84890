import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A new folder, which is removed when this test ends; without a test, when all of the file do. */
export function temporaryFolder(context: { after(work: () => void): void } = { after }): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
