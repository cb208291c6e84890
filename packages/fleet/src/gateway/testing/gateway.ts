import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import type { z } from 'zod';
import { type Gateway, openGateway } from '../gateway.ts';
import { keyHash } from '../keys.ts';
import { gatewayShape } from '../settings.ts';
import { type FakeNode, fakeNode } from './fake-node.ts';

export const KEY = 'wbk_a-key-of-the-tests';
export const ALL = { methods: ['*'], requestsPerSecond: 10_000, burst: 10_000 };

/** For tests in which nodes come and go. A look may take twice as long as the time between two. */
export const WATCHFUL = { checkIntervalMs: 1_500, timeoutMs: 10_000, evictAfterMs: 1_000 };

export interface Ground {
  readonly gateway: Gateway;
  readonly nodes: readonly FakeNode[];
  /** The first of them. */
  readonly node: FakeNode;
  readonly folder: string;
  readonly log: string[];
  readonly setKeys: (
    keys: readonly { readonly name: string; readonly tier: string; readonly key: string }[],
  ) => void;
  /** Asks over HTTP; `key` is sent as a bearer. */
  readonly ask: (
    body: unknown,
    key?: string | null,
    path?: string,
  ) => Promise<{ status: number; text: string; headers: Headers }>;
}

/** A gateway before fake nodes, with one key of the tier `all`. */
export async function gatewayGround(
  t: TestContext,
  parts: Partial<z.input<typeof gatewayShape>> = {},
  nodeCount = 1,
): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-gateway-'));
  const node = await fakeNode();
  const nodes = [node, ...(await Promise.all(Array.from({ length: nodeCount - 1 }, fakeNode)))];
  const keysFile = join(folder, 'keys.json');
  const setKeys: Ground['setKeys'] = (keys) => {
    const entries = keys.map(({ name, tier, key }) => ({ name, tier, sha256: keyHash(key) }));
    writeFileSync(keysFile, JSON.stringify({ version: 1, keys: entries }));
  };
  setKeys([{ name: 'tests', tier: 'all', key: KEY }]);
  const log: string[] = [];
  const settings = gatewayShape.parse({
    listen: { port: 0 },
    backends: nodes.map(({ url }, at) => ({ name: `node-${at}`, url })),
    // Nodes are checked once: a caller would see a late second check as a node that is gone.
    pool: { checkIntervalMs: 60_000, timeoutMs: 10_000 },
    tiers: { all: ALL },
    keysFile,
    ...parts,
  });
  const gateway = await openGateway(settings, {
    log: pino({ level: 'warn' }, { write: (line: string) => log.push(line) }),
  });
  t.after(async () => {
    await gateway.close(100);
    await Promise.all(nodes.map((node) => node.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    gateway,
    nodes,
    node,
    folder,
    log,
    setKeys,
    ask: async (body, key = KEY, path = '/') => {
      const answer = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
  };
}

export function rpc(method: string, params: unknown = [], id: unknown = 1) {
  return { jsonrpc: '2.0', id, method, params };
}

/** Waits until it holds, for a minute at most. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not come to pass that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
