import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { specFile as specFileIn } from '@watchbill/testkit/scenario';

export { nodeBinary } from '@watchbill/testkit/scenario';

/** The raw specification of a chain, `2` or `aura-2`, in a file that goes with the test. */
export function specFile(context: TestContext, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-spec-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return specFileIn(name, folder);
}
