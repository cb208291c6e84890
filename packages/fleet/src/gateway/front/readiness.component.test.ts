// Readiness of a gateway with a front, by a real HAProxy that a script starts late.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../ports/index.ts';
import { eventually, gatewayGround } from '../fixture-gateway.ts';

const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin`;
const probe = spawnSync('haproxy', ['-v'], { stdio: 'ignore', timeout: 20_000, env: { PATH } });
const WITH_HAPROXY = { skip: probe.status === 0 ? false : 'needs haproxy' };

interface Readiness {
  readonly status: number;
  readonly reason: string | null;
  readonly nodes: readonly string[];
}

async function readinessAt(port: number): Promise<Readiness | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    const { ready, reason, backends } = (await answer.json()) as {
      readonly ready: boolean;
      readonly reason: string | null;
      readonly backends: readonly { readonly state: string }[];
    };
    assert.equal(ready, answer.status === 200);
    return { status: answer.status, reason, nodes: backends.map(({ state }) => state) };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** A program that becomes HAProxy when `go` is there; it writes down which process it is. */
function lateHaproxy(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-late-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'haproxy');
  const [go, pid] = [join(folder, 'go'), join(folder, 'pid')];
  const script = [
    '#!/bin/sh',
    'PATH="$PATH:/usr/local/sbin:/usr/sbin"',
    `if [ "$1" = -db ]; then echo $$ > ${pid}; while [ ! -e ${go} ]; do sleep 0.02; done; fi`,
    'exec haproxy "$@"',
  ];
  writeFileSync(program, `${script.join('\n')}\n`, { mode: 0o755 });
  return {
    program,
    letGo: () => writeFileSync(go, ''),
    hold: () => rmSync(go),
    pid: () => Number(readFileSync(pid, 'utf8')),
  };
}

test(
  'a gateway is ready when its front takes callers, and says why where it does not',
  WITH_HAPROXY,
  async (t) => {
    const { program, letGo, hold, pid } = lateHaproxy(t);
    const [port, admin] = [await freePort(), await freePort()];
    const opening = gatewayGround(t, { listen: { port }, admin: { port: admin }, front: { program } });
    // Where it does not open, the wait below ends all the same, and the test fails with why.
    opening.catch(() => undefined);
    try {
      await eventually('the node is in step', async () => (await readinessAt(admin))?.nodes[0] === 'ready');
      const early = await readinessAt(admin);
      assert.deepEqual([early?.status, early?.reason], [503, 'the front does not listen yet']);
    } finally {
      letGo();
    }
    const { ask } = await opening;
    await eventually('it is ready', async () => (await readinessAt(admin))?.reason === null);
    assert.equal((await ask({ jsonrpc: '2.0', id: 1, method: 'system_chain', params: [] })).status, 200);

    const front = pid();
    process.kill(front, 'SIGSTOP');
    try {
      await eventually(
        'that it hangs is told',
        async () => (await readinessAt(admin))?.reason === 'the front gave no answer in 1000 ms',
      );
    } finally {
      process.kill(front, 'SIGCONT');
    }
    await eventually('it is ready again', async () => (await readinessAt(admin))?.status === 200);

    hold();
    process.kill(front, 'SIGKILL');
    await eventually(
      'that it ended is told',
      async () => (await readinessAt(admin))?.reason === 'the front ended, and is started anew',
    );
    letGo();
    await eventually('the next one serves', async () => (await readinessAt(admin))?.status === 200);
    assert.equal((await ask({ jsonrpc: '2.0', id: 2, method: 'system_chain', params: [] })).status, 200);
  },
);

test(
  'another process on the port of callers is no front, and a front without its port is none',
  WITH_HAPROXY,
  async (t) => {
    const { frontProblem } = await import('./listening.ts');
    const { gateway, folder } = await gatewayGround(t, { front: {} });
    const { port } = new URL(gateway.url);
    const nowhere = join(folder, 'no.sock');
    const problem = await frontProblem(nowhere, { host: '127.0.0.1', port: Number(port) });
    assert.equal(problem, 'the front gave no answer in 1000 ms');
    const free = await freePort();
    assert.equal(
      await frontProblem(nowhere, { host: '127.0.0.1', port: free }),
      `the front takes no connections on 127.0.0.1:${free}`,
    );
  },
);
