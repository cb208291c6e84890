// The clock of the lease in time namespaces (time_namespaces(7)), which shift one clock of the kernel and
// leave the others. A suspend shifts CLOCK_BOOTTIME against CLOCK_MONOTONIC in the same way.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { uptimeMs } from './memory.ts';

const MEMORY = fileURLToPath(new URL('memory.ts', import.meta.url));
const SHIFT_S = 86_400;
const NO_NAMESPACE = process.getuid?.() === 0 ? false : 'a time namespace needs root';

/** `uptimeMs` of a process in a namespace that shifts one clock. */
function uptimeWith(flag: '--boottime' | '--monotonic'): number {
  const print = `const { uptimeMs } = await import('${MEMORY}'); console.log(uptimeMs())`;
  const args = ['--time', flag, `${SHIFT_S}`, process.execPath, '--input-type=module', '--eval', print];
  return Number(execFileSync('unshare', args, { encoding: 'utf8', timeout: 30_000 }));
}

test('the lease counts CLOCK_BOOTTIME, and not CLOCK_MONOTONIC', { skip: NO_NAMESPACE }, () => {
  const beforeMs = uptimeMs();
  const boottimeMs = uptimeWith('--boottime');
  const monotonicMs = uptimeWith('--monotonic');
  const afterMs = uptimeMs();
  const shiftMs = SHIFT_S * 1_000;
  assert.ok(boottimeMs >= beforeMs + shiftMs && boottimeMs <= afterMs + shiftMs, `${boottimeMs}`);
  assert.ok(monotonicMs >= beforeMs && monotonicMs <= afterMs, `${monotonicMs}`);
});
