import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isRunning, temporaryFolder } from '@watchbill/kit/testing';
import { type PROGRAM_LIMITS, programSource } from './program.ts';

const FOLDER = temporaryFolder();
const LONG_MS = 60_000;
const SIGNAL = new AbortController().signal;
setMaxListeners(0, SIGNAL);

/**
 * A program that answers with the value of this expression over `question`; `say` writes a line, `count`
 * counts questions.
 */
function program(
  context: TestContext,
  expression: string,
  {
    timeoutMs = LONG_MS,
    nowMs = () => 0,
    ...limits
  }: { timeoutMs?: number; nowMs?: () => number } & Partial<Record<keyof typeof PROGRAM_LIMITS, number>> = {},
) {
  const text = `
    const { createInterface } = require('node:readline');
    require('node:fs').appendFileSync('starts', process.pid + ' ');
    const say = (value) => process.stdout.write((typeof value === 'string' ? value : JSON.stringify(value)) + '\\n');
    let count = 0;
    createInterface({ input: process.stdin }).on('line', (line) => {
      const question = JSON.parse(line);
      count += 1;
      ${expression};
    });`;
  const dir = mkdtempSync(join(FOLDER, 'one-'));
  const source = programSource(
    { command: [process.execPath, '-e', text], dir, timeoutMs, nowMs },
    limits as Partial<typeof PROGRAM_LIMITS>,
  );
  context.after(() => source.close());
  const file = join(dir, 'starts');
  const pids = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : []);
  const words = async (addresses: readonly string[], signal = SIGNAL) =>
    [...(await source.lookUp(addresses, signal)).values()].map((answer) =>
      'place' in answer ? answer.place.provider : answer.why,
    );
  return { source, pids, words };
}

const addresses = (count: number) => Array.from({ length: count }, (_, at) => `203.0.113.${at}`);
const ECHO = `say({ id: question.id, place: { provider: 'of ' + question.address.split('.').at(-1), country: 'de' } })`;

test('one program answers all questions, in any order, and has PATH alone of the environment', async (context) => {
  process.env.WATCHBILL_TEST_SECRET = 'hunter2';
  context.after(() => delete process.env.WATCHBILL_TEST_SECRET);
  const held = `(globalThis.held ??= []).push(question);
    if (globalThis.held.length === 4) for (const question of globalThis.held.splice(0).reverse()) ${ECHO}`;
  const { words, pids } = program(context, held);
  assert.deepEqual(
    await words(addresses(40)),
    addresses(40).map((_, at) => `of ${at}`),
  );
  assert.equal(pids().length, 1);
  const env = program(
    context,
    `say({ id: question.id, place: { provider: Object.keys(process.env).join() } })`,
  );
  assert.deepEqual(await env.words(['203.0.113.1']), ['PATH']);
});

test('an invalid answer gives a reason, and never an address', async (context) => {
  const answers = [
    `{ id: question.id, place: null }`,
    `{ id: question.id, place: { country: 'Germany' } }`,
    `{ id: question.id, place: { planet: 'Mars' } }`,
    `{ id: question.id, place: { provider: 'at ' + question.address } }`,
    `{ id: question.id }`,
    `{ id: question.id, place: { asn: 64496 } }`,
  ];
  const wrong = 'the answer of the program of places is invalid';
  const expected = [
    'the program of places knows none for its address',
    wrong,
    wrong,
    wrong,
    wrong,
    'AS64496',
  ];
  const { words } = program(
    context,
    `say('no JSON'); say({ id: 10 ** 6, place: null }); say([${answers.join()}][question.address.split('.').at(-1)])`,
  );
  assert.deepEqual(await words(addresses(6)), expected);
});

test('a program that hangs is ended at the deadline, and not started without end', async (context) => {
  let nowMs = 0;
  const { words, pids } = program(context, 'void 0', {
    timeoutMs: 300,
    nowMs: () => nowMs,
    starts: 3,
    atOnce: 2,
  });
  const told = await words(addresses(9));
  assert.equal(told.filter((why) => why === 'the program of places gave no answer within 300 ms').length, 6);
  assert.equal(
    told.filter((why) => why === 'the program of places was started 3 times within an hour').length,
    3,
  );
  assert.ok(pids().length <= 3);
  assert.deepEqual(await words(addresses(1)), ['the program of places was started 3 times within an hour']);
  nowMs += 3_600_000;
  assert.match((await words(addresses(1)))[0] ?? '', /gave no answer/);
});

test('a program that exits is started again for waiting lookups; lookups that it had received fail', async (context) => {
  const { words, pids } = program(context, `if (count === 2) process.exit(1); ${ECHO}`, { atOnce: 1 });
  const ended = 'the program of places ended';
  assert.deepEqual(await words(addresses(4)), ['of 0', ended, 'of 2', ended]);
  assert.equal(pids().length, 2);
});

test('an endless line is cut off, a queue has a bound, and a failed start is reported', async (context) => {
  const long = program(context, `process.stdout.write('x'.repeat(5000))`, { lineBytes: 4_096, starts: 1 });
  assert.deepEqual(await long.words(['203.0.113.1']), ['the answer of the program of places is too long']);
  const short = program(context, ECHO, { waiting: 3 });
  assert.deepEqual(await short.words(addresses(4)), [
    'of 0',
    'of 1',
    'of 2',
    'too many questions wait for the program of places',
  ]);
  const missing = programSource({
    command: ['/nowhere/places'],
    dir: FOLDER,
    timeoutMs: LONG_MS,
    nowMs: () => 0,
  });
  const answer = (await missing.lookUp(['203.0.113.1'], SIGNAL)).get('203.0.113.1');
  assert.deepEqual(answer, { why: 'the program of places could not be started' });
});

test('an abort ends the waiting, and closing a source ends its program', async (context) => {
  const { source, words, pids } = program(context, `if (count === 1) ${ECHO}`, { atOnce: 1 });
  assert.deepEqual(await words(['203.0.113.1']), ['of 1']);
  const stop = new AbortController();
  const waits = words(addresses(3), stop.signal);
  stop.abort();
  const late = source.close();
  assert.deepEqual(await waits, [
    'the program of places was closed',
    'the caller stopped waiting for the answer',
    'the caller stopped waiting for the answer',
  ]);
  await late;
  const [pid = 0] = pids();
  for (let tries = 0; isRunning(pid); tries += 1) {
    assert.ok(tries < 6_000, 'the program ends');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(await words(['203.0.113.1']), ['the program of places was closed']);
  await assert.rejects(words(['203.0.113.1'], AbortSignal.abort()));
});
