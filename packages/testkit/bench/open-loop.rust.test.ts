import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, type TestContext, test } from 'node:test';
import { listening } from '@watchbill/kit/testing';
import { type Asking, noCompiler, type OpenLoop, startOpenLoop } from './open-loop.ts';
import { onStage } from './stage.ts';

const missing = noCompiler();
const COMPILED = { skip: missing ?? false };

const PLAN = { connections: 2, perSecond: 200, warmUp: 20, count: 40, body: '"what"', mark: '"good"' };

const started = Promise.withResolvers<OpenLoop>();
const finished = Promise.withResolvers<void>();
let stage: Promise<void> = Promise.resolve();

// All tests of this file share one program, because compiling it takes longer than running it.
before(() => {
  if (missing !== null) return;
  stage = onStage(
    async (on) => {
      startOpenLoop(on).then(started.resolve, started.reject);
      await started.promise;
      await finished.promise;
    },
    () => () => undefined,
  );
  // Each test that waits for the program reports its failure.
  stage.catch(() => undefined);
});

after(async () => {
  finished.resolve();
  await stage;
});

/** A server that answers what it is told, at once or after a pause, and the program that asks it. */
async function ground(
  context: TestContext,
  answer: (index: number) => { readonly text: string; readonly pauseMs: number; readonly status?: number },
  use: (load: OpenLoop, plan: Asking) => Promise<void>,
): Promise<string[]> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const { text, pauseMs, status = 200 } = answer(bodies.push(body) - 1);
      response.writeHead(status, { 'content-length': Buffer.byteLength(text) });
      setTimeout(() => response.end(text), pauseMs);
    });
  });
  const port = await listening(server, context);
  await use(await started.promise, { ...PLAN, port });
  return bodies;
}

const good = (pauseMs = 0) => ({ text: '{"is":"good"}', pauseMs });

test('requests keep the pace, and the warm-up is asked but not counted', COMPILED, async (context) => {
  const bodies = await ground(
    context,
    () => good(),
    async (load, plan) => {
      const { tookMs, lateMs } = await load.ask(plan);
      assert.equal(tookMs.length, 40);
      assert.equal(lateMs.length, 40);
      assert.ok(tookMs.every((ms, at) => ms > 0 && ms >= (lateMs[at] ?? Number.NaN)));
      assert.equal((await load.idle(1_000, 30)).length, 30);
    },
  );
  assert.deepEqual([bodies.length, new Set(bodies)], [60, new Set(['"what"'])]);
});

test('what waits behind a slow answer counts from when it was due', COMPILED, async (context) => {
  const pauseMs = 300;
  // Both connections hang for two requests, so those that are due meanwhile are sent when it is over.
  await ground(
    context,
    (index) => good(index === 20 || index === 21 ? pauseMs : 0),
    async (load, plan) => {
      const { tookMs } = await load.ask(plan);
      assert.ok(Math.max(...tookMs) >= pauseMs - 1);
      const waited = tookMs.filter((ms) => ms >= pauseMs / 2);
      assert.ok(
        waited.length >= 15,
        `${waited.length} of the 30 that were due in the first half of the pause`,
      );
    },
  );
});

test('another status, an answer without the mark, and an end are failures', COMPILED, async (context) => {
  const bad = [
    [{ text: '"good"', pauseMs: 0, status: 503 }, /bad answer: HTTP\/1.1 503/],
    [{ text: '"else"', pauseMs: 0 }, /bad answer: HTTP\/1.1 200/],
  ] as const;
  for (const [answer, why] of bad)
    await ground(
      context,
      (index) => (index === 5 ? answer : good()),
      async (load, plan) => {
        await assert.rejects(load.ask(plan), why);
      },
    );
  await assert.rejects((await started.promise).ask({ ...PLAN, port: 1 }), /refused/);
});
