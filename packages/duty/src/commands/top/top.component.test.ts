import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { CHAIN, KEY, policyView, SECRET, scene } from '../testing/fake-ledger.ts';
import { runCli } from '../testing/run-duty.ts';

const HOSTILE = 'bravo\u001b[2J\u202e';
const decision = {
  ...{ id: 1, atMs: 1, outcome: 'granted', reason: 'new', detail: '', chain: CHAIN, key: KEY, duty: 'babe' },
  ...{ unit: '41', parts: ['seal'], digest: null, node: 'alpha', incarnation: 'i', claimId: 'c', seq: '1' },
  ...{ via: 'claims', tookMs: 2 },
};
const denied = { ...decision, id: 2, outcome: 'denied', reason: 'not-ready', unit: '42', node: HOSTILE };
const health = {
  ...{ ready: true, state: 'serving', detail: 'fine', ledger: 'l1', epoch: 'e1', service: 's1', inFlight: 0 },
  store: { ok: true, detail: 'three members', members: [], quorumMargin: 0, term: '7' },
};
const watch = { chain: CHAIN, key: KEY, holder: 'alpha', live: true, term: '5', ready: ['alpha'] };
const answers = {
  'GET /v1/health': { status: 200, body: health },
  'GET /v1/services': { status: 200, body: { services: [] } },
  'GET /v1/policies': {
    status: 200,
    body: {
      policies: [
        policyView({
          roster: [
            { name: 'alpha', rank: 0 },
            { name: HOSTILE, rank: 1 },
          ],
        }),
      ],
    },
  },
  'GET /v1/watch': { status: 200, body: { watch: [watch] } },
  'GET /v1/marks': { status: 200, body: { marks: [] } },
  'GET /v1/standbys': { status: 200, body: { standbys: [] } },
  'GET /v1/units': { status: 200, body: { units: [], complete: true } },
  'GET /v1/upkeep': { status: 200, body: { lastExport: null, lastVerification: null } },
  'GET /v1/rollback-reports': { status: 200, body: { reports: [] } },
  'GET /v1/decisions': ({ path }: { path: string }) => ({
    status: 200,
    body: { decisions: path.includes('outcome=denied') ? [denied] : [denied, decision], next: null },
  }),
};

test('one view has the sentence, the units and the denials, and hidden characters are written out', async (context) => {
  const { run } = await scene(context, answers);
  const { code, stdout, all } = await run(['top', '--once']);
  assert.equal(code, 0, all);
  assert.match(stdout, /granting; alpha active; standby bravo/);
  assert.match(stdout, /one more store loss stops signing/);
  assert.match(stdout, /^ {2}babe +Ax$/m);
  assert.match(stdout, /not-ready: 1, last/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the character that must not come through
  assert.doesNotMatch(all, /\u001b|\u202e/);
  assert.ok(!all.includes(SECRET));
});

test('with --json the view is one document', async (context) => {
  const { run } = await scene(context, answers);
  const { code, stdout } = await run(['top', '--json']);
  assert.equal(code, 0);
  const view = JSON.parse(stdout);
  assert.equal(view.keys[0].state.word, 'granting');
  assert.equal(view.keys[0].strips[0].cells[0].outcome, 'granted');
});

test('in a terminal the view is drawn until a stop signal, also while the service is away', async (context) => {
  const { cwd, service } = await scene(context, answers);
  const io = fakeIo({ cwd, outIsTerminal: true });
  const ended = runCli(['top', '--url', service.url, '--every-ms', '1'], io);
  const until = async (text: string) => {
    while (!io.stdout().includes(text)) await new Promise((resolve) => setImmediate(resolve));
  };
  await until('granting; alpha active');
  await service.stop();
  await until('no program listens on that port');
  io.signal('SIGTERM');
  assert.equal(await ended, 0);
  assert.ok(io.stdout().endsWith('\u001b[?1049l'), 'the screen is given back');
  assert.doesNotMatch(io.stdout(), /\u202e/);
});

test('the pages of other capabilities of this service have a line each; those of another service are not asked', async (context) => {
  const { cwd, service } = await scene(context, answers);
  const { port } = new URL(service.url);
  const pages = "pages: { fleet: 'http://127.0.0.1:1' }";
  writeFileSync(
    join(cwd, 'watchbill.yaml'),
    `service: { listen: { port: ${port} }, ${pages} }\noperator: { tokenFile: operator.token }\n`,
  );
  const top = async (...args: readonly string[]) => {
    const io = fakeIo({ cwd });
    assert.equal(await runCli(['top', ...args], { ...io, clock: systemClock() }), 0, io.stderr());
    return io.stdout();
  };
  assert.match(
    await top('--once'),
    /^fleet: http:[/][/]127\.0\.0\.1:1 cannot be reached: no program listens on that port$/m,
  );
  const [fleet] = JSON.parse(await top('--json')).others;
  assert.deepEqual([fleet.name, fleet.look.state], ['fleet', 'silent']);
  assert.doesNotMatch(await top('--once', '--url', service.url), /^fleet:/m);
});
