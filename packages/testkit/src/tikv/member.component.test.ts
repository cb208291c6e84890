// A member that outlives the process that started it, and a process that ends one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const DEADLINE_MS = 60_000;

test('a process that kills its detached member stays until the member has ended', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-member-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const settings = { name: 'kv1', role: 'store', address: '', folder, program: 'sleep', args: ['1000'] };
  const script = `
    const { tikvMember } = await import(${JSON.stringify(new URL('member.ts', import.meta.url).href)});
    const member = tikvMember({ ...${JSON.stringify(settings)}, detached: true });
    await member.start();
    await member.kill();
    console.log(member.running());`;
  const args = ['--input-type=module', '-e', script];
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: DEADLINE_MS });
  assert.equal(printed, 'false\n');
});
