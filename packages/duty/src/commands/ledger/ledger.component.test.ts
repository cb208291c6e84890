import assert from 'node:assert/strict';
import { pbkdf2 } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { type History, markOf, policyOf } from '../../proof/testing/ground.ts';
import { CHAIN, KEY, policyView, SECRET, scene } from '../testing/fake-ledger.ts';
import { runCli } from '../testing/run-duty.ts';
import { chainOf, dataFolder, LEDGER_ID } from './testing/ground.ts';

const CHAIN_OF_BABE = chainOf('babe', 5);

/** A service of the ledger, and the commands against it. */
async function stage(t: TestContext, history: History = CHAIN_OF_BABE, more = {}) {
  const answers = {
    'GET /v1/health': { status: 200, body: { ledger: LEDGER_ID, epoch: 'epoch-1' } },
    'GET /v1/changes': { status: 200, body: { changes: [policyOf(KEY)] } },
    'GET /v1/marks': { status: 200, body: { marks: [markOf(history)] } },
    'GET /v1/policies': { status: 200, body: { policies: [policyView()] } },
    'GET /v1/rollback-reports': { status: 200, body: { reports: [] } },
    'POST /v1/adoptions': { status: 200, body: { marks: [] } },
    ...more,
  };
  const set = await scene(t, answers);
  const dir = await dataFolder(t, history.entries);
  const sent = () => set.service.seen.filter(({ method }) => method === 'POST').map(({ body }) => body);
  return { ...set, dir, sent };
}

const VECTORS = join(import.meta.dirname, '../../../../../spec/duty/exports');

const madeIn = (cwd: string, start: string) => readdirSync(cwd).filter((name) => name.startsWith(start));

test('an export with the marks of the store is proven', async (t) => {
  const { run, dir, cwd } = await stage(t);
  const made = await run(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger', '--marks']);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /wrote 6 entries of service [0-9a-f]{32} and the marks/);
  assert.equal(statSync(join(cwd, 'one.ledger')).mode & 0o777, 0o600);
  const verified = await run(['ledger', 'verify', 'one.ledger']);
  assert.equal(verified.code, 0, verified.all);
  assert.match(verified.stdout, /PROVEN/);
  assert.ok(!readFileSync(join(cwd, 'one.ledger'), 'utf8').includes(SECRET));
});

test('the ledger of a running service is exported over HTTP, and kept only if it is whole', async (t) => {
  const whole = await stage(t);
  await whole.run(['ledger', 'export', '--data-dir', whole.dir, '--out', 'one.ledger']);
  const text = readFileSync(join(whole.cwd, 'one.ledger'), 'utf8');
  const line = text.indexOf('\n', text.length / 2) + 1;
  for (const [body, why] of [
    [text, null],
    [text.slice(0, line), /its last line is missing: the file was cut off/],
    [text.slice(0, line - 5), /the file ends in the middle of a line/],
    [text.replace('"alpha"', '"bravo"'), /its SHA-256 differs/],
  ] as const) {
    const { run, cwd, service } = await stage(t, CHAIN_OF_BABE, { 'GET /v1/ledger/export': { text: body } });
    const made = await run(['ledger', 'export', '--out', 'one.ledger']);
    assert.match(service.seen.at(-1)?.path ?? '', /^\/v1\/ledger\/export\?marks=true$/);
    if (why === null) {
      assert.equal(made.code, 0, made.all);
      assert.match(made.stdout, /wrote 6 entries of service [0-9a-f]{32} to /);
      assert.equal(readFileSync(join(cwd, 'one.ledger'), 'utf8'), text);
      continue;
    }
    assert.equal(made.code, 2, made.all);
    assert.match(made.stderr, why);
    assert.deepEqual(madeIn(cwd, 'one'), []);
  }
});

test('an export that the service refuses or breaks off leaves no file', async (t) => {
  for (const [answer, code, why] of [
    [
      { status: 403, body: { detail: 'the role is node', code: 'role-forbidden', remedy: 'r' } },
      1,
      /the role is node/,
    ],
    [{ text: '{"kind":"header"', breaks: true }, 5, /the answer broke off/],
  ] as const) {
    const { run, cwd } = await stage(t, CHAIN_OF_BABE, { 'GET /v1/ledger/export': answer });
    // The answer may break off before the threads of Node have opened the file.
    const busy = Array.from({ length: 16 }, () => promisify(pbkdf2)('a', 'b', 100_000, 64, 'sha512'));
    const made = await run(['ledger', 'export', '--out', 'one.ledger']);
    assert.equal(made.code, code, made.all);
    assert.match(made.stderr, why);
    await Promise.all(busy);
    assert.deepEqual(madeIn(cwd, 'one'), []);
  }
});

test('an export is never written over a file, and a failed one leaves no file', async (t) => {
  const { run, dir, cwd } = await stage(t, CHAIN_OF_BABE, { 'GET /v1/marks': { text: 'proxy' } });
  writeFileSync(join(cwd, 'there.ledger'), 'mine');
  const twice = await run(['ledger', 'export', '--data-dir', dir, '--out', 'there.ledger']);
  assert.equal(twice.code, 2);
  assert.equal(readFileSync(join(cwd, 'there.ledger'), 'utf8'), 'mine');
  const failed = await run(['ledger', 'export', '--data-dir', dir, '--out', 'new.ledger', '--marks']);
  assert.equal(failed.code, 5, failed.all);
  assert.deepEqual(madeIn(cwd, 'new'), []);
  const nowhere = await run(['ledger', 'export', '--data-dir', 'nothing', '--out', 'new.ledger']);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /there is no ledger/);
  assert.equal(existsSync(join(cwd, 'nothing')), false);
});

test('an export of a data folder that a signal stops leaves no file', async (t) => {
  const dir = await dataFolder(t, chainOf('babe', 5_000).entries);
  const { cwd } = await stage(t);
  const io = fakeIo({ cwd });
  const ended = runCli(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger'], io);
  // The command writes blocks of a MiB, and looks for a signal after each.
  const status = () => statSync(join(cwd, 'one.ledger.partial'), { throwIfNoEntry: false });
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (status() === undefined && !isOver) await new Promise((next) => setImmediate(next));
  io.signal('SIGINT');
  assert.equal(await ended, 1, io.stderr());
  assert.match(io.stderr(), /^error: SIGINT stopped the export; it left no file$/m);
  assert.deepEqual(madeIn(cwd, 'one'), []);
  const again = fakeIo({ cwd });
  assert.equal(await runCli(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger'], again), 0);
});

test('marks of another ledger are not put into an export', async (t) => {
  const health = { status: 200, body: { ledger: 'ledger-2', epoch: 'e' } };
  const { run, dir, cwd } = await stage(t, CHAIN_OF_BABE, { 'GET /v1/health': health });
  const made = await run(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger', '--marks']);
  assert.equal(made.code, 2);
  assert.match(made.stderr, /ledger-1.*ledger-2/);
  assert.equal(existsSync(join(cwd, 'one.ledger')), false);
});

test('verify --report reports the verdict to a service, and nothing without the flag', async (t) => {
  const noted = { 'POST /v1/upkeep/verifications': { status: 204, text: '' } };
  const { run, dir, sent } = await stage(t, CHAIN_OF_BABE, noted);
  await run(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger', '--marks']);
  assert.equal((await run(['ledger', 'verify', 'one.ledger'])).code, 0);
  assert.deepEqual(sent(), []);
  const reported = await run(['ledger', 'verify', 'one.ledger', '--report']);
  assert.equal(reported.code, 0, reported.all);
  assert.deepEqual(sent(), [{ ledger: LEDGER_ID, verdict: 'proven' }]);
});

test('verify: 3 for a violation, 4 for missing entries, 2 for a bad file; the scratch folder goes', async (t) => {
  const { run, dir, cwd } = await stage(t);
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('watchbill-proof-'));
  await run(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger']);
  const unproven = await run(['ledger', 'verify', 'one.ledger', '--json']);
  assert.equal(unproven.code, 4);
  const report = JSON.parse(unproven.stdout);
  assert.deepEqual([report.verdict, report.counts], ['unproven', { 'no-marks': 1 }]);

  const other = CHAIN_OF_BABE.entries.map((entry, index) =>
    index === 5 ? { ...entry, digest: 'cd'.repeat(32) } : entry,
  );
  const forked = await dataFolder(t, other);
  await run(['ledger', 'export', '--data-dir', forked, '--out', 'two.ledger']);
  const violated = await run(['ledger', 'verify', 'one.ledger', 'two.ledger']);
  assert.equal(violated.code, 3, violated.all);
  assert.match(violated.stdout, /violation two-digests/);
  assert.match(violated.stdout, /violation fork/);
  assert.match(violated.stdout, /VIOLATION/);

  const text = readFileSync(join(cwd, 'one.ledger'), 'utf8');
  writeFileSync(join(cwd, 'edited.ledger'), text.replace('alpha', 'bravo'));
  for (const bad of ['edited.ledger', 'watchbill.yaml', 'nothing.ledger', '.']) {
    const refused = await run(['ledger', 'verify', bad]);
    assert.equal(refused.code, 2, `${bad}: ${refused.all}`);
    assert.match(refused.stderr, /error: /);
    assert.equal(refused.stdout, '');
  }
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('watchbill-proof-'));
  assert.deepEqual(after, before);
});

test('show reads a data folder and a service', async (t) => {
  const { run, dir } = await stage(t);
  const offline = await run(['ledger', 'show', '--data-dir', dir]);
  assert.match(offline.stdout, /babe +14 +15 +6 /);
  const online = await run(['ledger', 'show']);
  assert.match(online.stdout, /babe +14 +15 +6 /);
  const end = KEY.slice(-6).toUpperCase();
  const json = await run(['ledger', 'show', '--data-dir', dir, '--json', '--key', end]);
  assert.equal(JSON.parse(json.stdout).marks[0].key, KEY);
  const stranger = await run(['ledger', 'show', '--data-dir', dir, '--key', 'ffffff']);
  assert.equal(stranger.code, 2);
  assert.match(stranger.stderr, new RegExp(`ends with ffffff\n.*--key\n.*the keys are: …${KEY.slice(-6)}`));
});

const OF_KEY = `${CHAIN}/${KEY}`;
const IMPORT = ['ledger', 'import', 'one.ledger', '--floor', `${OF_KEY}/grandpa=3/50`];
const CONFIRMED = ['--execute', '--confirmation', 'old boxes off'];

test('import prints the plan, and changes the floors only when it is executed', async (t) => {
  const { run, dir, sent } = await stage(t);
  await run(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger', '--marks']);
  const plan = await run(IMPORT);
  assert.equal(plan.code, 0, plan.all);
  assert.match(plan.stdout, /babe +14 +\d{9} +the slot of the clock/);
  assert.match(plan.stdout, /grandpa +- +3\/50 +the operator/);
  assert.match(plan.stdout, /no change was made/);
  assert.deepEqual(sent(), []);
  assert.equal((await run([...IMPORT, '--execute'])).code, 2);
  const done = await run([...IMPORT, ...CONFIRMED]);
  assert.equal(done.code, 0, done.all);
  const [{ floors, ...request }] = sent() as [{ floors: Record<string, string> }];
  assert.deepEqual(request, { chain: CHAIN, key: KEY, confirmation: 'old boxes off' });
  assert.equal(floors.grandpa, '3/50');
  assert.ok(Number(floors.babe) > 1_000_000, 'the slot of the clock');
});

test('import: another ledger, missing entries, an unknown present and a held word without a unit are refused before anything is sent', async (t) => {
  const point = { epoch: 'e', seq: '9', hash: 'h', unit: '99', part: 'seal', nonce: 'n', top: null };
  const word = { id: 'w1', service: 's', node: 'alpha', incarnation: 'i', chain: CHAIN, key: KEY };
  const reports = [{ ...word, duty: 'babe', point, why: 'w', state: 'held', freed: [], released: null }];
  const { run, dir, sent } = await stage(t, CHAIN_OF_BABE, {
    'GET /v1/health': { status: 200, body: { ledger: 'ledger-2', epoch: 'epoch-2' } },
    'GET /v1/rollback-reports': { status: 200, body: { reports } },
  });
  await run(['ledger', 'export', '--data-dir', dir, '--out', 'one.ledger']);
  const refused = await run(['ledger', 'import', 'one.ledger', ...CONFIRMED]);
  assert.equal(refused.code, 3, refused.all);
  for (const why of [
    /ledger-1.*ledger-2/,
    /may be missing/,
    /grandpa of key \S+ 0 of the two independent nodes/,
    /held word w1 of alpha/,
  ])
    assert.match(refused.stderr, why);
  assert.deepEqual(sent(), []);
  const choices = ['--from-other-ledger', '--accept-gaps', '--floor', `${OF_KEY}/grandpa=never`];
  const rest = await run(['ledger', 'import', 'one.ledger', ...choices, ...CONFIRMED]);
  assert.equal(rest.code, 3, rest.all);
  assert.equal(rest.stderr.match(/what to do/g)?.length, 1, 'the held word is the last obstacle');
  assert.deepEqual(sent(), []);
});

test('a wrong --floor is refused', async (t) => {
  const { run } = await stage(t);
  for (const floor of ['babe=1', `${OF_KEY}/bake=1`, `${OF_KEY}/babe=-1`, `${OF_KEY}/grandpa=5`]) {
    const ran = await run(['ledger', 'import', 'x', '--floor', floor]);
    assert.deepEqual([ran.code, /flag --floor/.test(ran.stderr)], [2, true], floor);
  }
});

test('changes: who froze, lifted, adopted and changed the roster, of an export and of a service', async (t) => {
  const textOf = (name: string) => JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8')).exports[0];
  const lines: string[] = textOf('changes').trimEnd().split('\n');
  const changes = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'change');
  const { run, cwd } = await stage(t, CHAIN_OF_BABE, {
    'GET /v1/changes': { status: 200, body: { changes } },
  });
  for (const name of ['changes', 'change-edited']) writeFileSync(join(cwd, name), textOf(name));
  const shown = await run(['ledger', 'changes', 'changes']);
  const rows = shown.stdout
    .split('\n')
    .slice(1, -1)
    .map((row) => row.replace(/^.{24} +|(?<= ) +/g, ''));
  const end = `…${KEY.slice(-6)}`;
  assert.deepEqual(rows, [
    `ada ${end} 1 the first policy`,
    `ada ${end} 2 adopted`,
    `bob ${end} 3 freeze: a disk is missing`,
    `carol ${end} 4 lift: the disk is destroyed`,
    'dora one 5 name, roster: -alpha, roster: +carol',
    'dora one 6 roster: carol',
    'dora one 7 adopted again, or applied again without a difference',
    'ada - 1 token 1 of node alpha: made',
    'eve - 2 token 1 of node alpha: revoked',
  ]);
  assert.equal((await run(['ledger', 'changes'])).stdout, shown.stdout);
  assert.equal(JSON.parse((await run(['ledger', 'changes', '--json'])).stdout).changes[2].by, 'bob');
  const edited = await run(['ledger', 'changes', 'change-edited']);
  assert.equal(edited.code, 2, edited.all);
  assert.match(edited.stderr, /change 3 of \S+ does not have its hash: .*\n.*change-edited, line 12/);
});
