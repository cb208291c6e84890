import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRunning } from '@watchbill/kit/testing';
import { waitFor } from '@watchbill/testkit';

const LEFT_BEHIND = fileURLToPath(new URL('./left-behind.ts', import.meta.url));
const WAIT = { timeoutMs: 60_000 };

interface Started {
  readonly folders: readonly string[];
  readonly pids: readonly number[];
}

describe('a process of tests', { skip: existsSync('/proc/self/environ') ? false : 'needs /proc' }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT'] as const)
    test(`that is ended by ${signal} leaves no process and no folder`, async () => {
      const child = spawn(process.execPath, [LEFT_BEHIND], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = await once(createInterface(child.stdout), 'line');
      const { folders, pids } = JSON.parse(String(line)) as Started;
      assert.equal(pids.length, 3);
      assert.deepEqual(pids.filter(isRunning), pids);
      assert.deepEqual(folders.filter(existsSync), folders);
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
      await waitFor('no process is left', () => !pids.some(isRunning), WAIT);
      await waitFor('no folder is left', () => !folders.some((folder) => existsSync(folder)), WAIT);
    });
});
