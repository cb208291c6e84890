import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-watch-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the program printed; throws it where it fails. */
export function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}
