import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Outcome } from '../../outcome.ts';
import { encodePayload } from '../../rfc12/payload-encode.ts';
import { planWindow } from '../../rfc12/plan.ts';
import { openStateFolder } from '../records/open.ts';
import { rfc12Executor } from './executor.ts';
import { proposalOf, rfc12Procedure } from './generator.ts';
import { readRfc12Group, rfc12GroupSchema } from './group-file.ts';
import { runProgram } from './program.ts';

const folder = temporaryFolder();

const OPERATOR = '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf';
const SIGNAL = new AbortController().signal;
const LIMITS = { signal: SIGNAL, timeoutMs: 60_000 };
const node = (script: string): readonly string[] => [process.execPath, '-e', script];
const REDEMPTION = {
  action: 'redemption',
  redeemerOutputScripts: [Uint8Array.of(1, 2)],
  redemptionTxFee: 500n,
} as const;
const PAYLOAD = Buffer.from(encodePayload(REDEMPTION)).toString('hex');

const read = readRfc12Group(
  rfc12GroupSchema.parse({
    format: 'watchbill/rfc12-group/1',
    name: 'demo',
    genesis: `0x${'91'.repeat(32)}`,
    wallet: '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    operators: [OPERATOR],
  }),
);
assert.ok(read.ok);
const { file } = read;

/** A plan with or without a heartbeat. */
function planWith(heartbeat: boolean) {
  for (let salt = 0; salt < 1_000; salt++) {
    const window = { index: 1n, block: 900n, activeEnd: 980n, end: 1000n };
    const hash = new Uint8Array(32).fill(salt % 256);
    hash[0] = salt >> 8;
    const plan = planWindow(file.group, window, hash, file.eras);
    if (plan.checklist.includes('heartbeat') === heartbeat) return plan;
  }
  throw new Error('no such hash among a thousand');
}

const generate = (program: readonly string[] | null, heartbeat = false) =>
  rfc12Procedure({ file, operator: OPERATOR, program, height: () => 901n }).generate(
    planWith(heartbeat),
    1,
    SIGNAL,
  );

describe('the program that looks for work', () => {
  test('reads the checklist without the heartbeat, and its proposal is taken', async () => {
    const script = `const q = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
      if (q.height !== '901' || q.window !== '1' || q.checklist.join() !== 'redemption') process.exit(1);
      console.log(JSON.stringify({ action: q.checklist[0], payload: '${PAYLOAD}' }));`;
    assert.deepEqual(await generate(node(script), true), REDEMPTION);
  });

  test('without work, or without a program, a due heartbeat is proposed, otherwise a noop', async () => {
    for (const program of [node('console.log("null")'), null]) {
      const beat = await generate(program, true);
      assert.ok(beat.action === 'heartbeat');
      assert.deepEqual(beat.message.subarray(0, 8), new Uint8Array(8).fill(0xff));
      assert.deepEqual(await generate(program), { action: 'noop' });
    }
  });

  test('one that fails makes the attempt fail, with its error output', async () => {
    await assert.rejects(generate(node('console.error("no node"); process.exit(7)')), /exit code 7: no node/);
    await assert.rejects(generate(['/nowhere/at/all']), /ENOENT/);
  });

  test('its output is checked', () => {
    for (const [output, why] of [
      ['', /the action undefined/],
      ['{"action":"noop","payload":""}', /the action "noop"; due: redemption/],
      ['{"action":"redemption"}', /no payload/],
      ['{"action":"redemption","payload":"xyz"}', /no payload/],
      ['{"action":"redemption","payload":"ff"}', /keep-core would refuse: payload-malformed/],
    ] as const)
      assert.throws(() => proposalOf(['redemption'], output), why);
  });

  test('a flood of output ends it', async () => {
    const script = `const { writeSync } = require('node:fs');
      for (;;) try { writeSync(1, 'x'.repeat(65536)); } catch {}`;
    const end = await runProgram(node(script), {}, LIMITS);
    assert.ok(end.result === 'failed');
    assert.match(end.detail, /more than \d+ characters/);
  });
});

describe('the program that carries an action out', () => {
  let folders = 0;
  async function carriedOut(program: readonly string[] | null, heights: readonly bigint[]) {
    const owner = { profile: 'rfc12', group: 'aa', seat: 0, key: OPERATOR };
    const state = await openStateFolder(join(folder, `state-${++folders}`), owner);
    try {
      const executor = rfc12Executor({
        ...{ program, scale: 20, records: state, executions: state.executions },
        feed: {
          follow: async function* () {
            yield* heights;
          },
        },
        note: () => undefined,
        time: systemClock(),
      });
      const payload = encodePayload(REDEMPTION);
      const execution = { window: 3n, action: 'redemption', payload, startBlock: 140n, expiryBlock: 170n };
      await executor.execute(execution, SIGNAL);
      await executor.execute(execution, SIGNAL);
      await state.outcome(OUTCOME);
      return state.windows(1)[0]?.receipts.map(({ result, text }) => `${result}: ${text}`);
    } finally {
      state.close();
    }
  }
  const OUTCOME: Outcome = {
    from: 3n,
    to: 3n,
    result: 'execute',
    reason: null,
    leader: OPERATOR,
    action: 'redemption',
    startBlock: 140n,
    expiryBlock: 170n,
    faults: [],
    detail: '',
  };

  test('runs once from the start block on, and knows when signing must be over', async () => {
    const script = `const o = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
      console.log(o.action, o.payload === '${PAYLOAD}', o.startBlock, o.signBefore, o.expiryBlock, process.pid);`;
    const receipts = (await carriedOut(node(script), [138n, 140n])) ?? [];
    assert.equal(receipts.length, 1, 'each run would print another process id');
    assert.match(receipts[0] ?? '', /^done: redemption true 140 155 170 \d+$/);
  });

  test('exit code 3 is a refusal, any other a failure, and a missing program is reported', async () => {
    const refused = node('console.error("a fee of 9 is too high"); process.exit(3)');
    assert.deepEqual(await carriedOut(refused, [140n]), ['refused: a fee of 9 is too high']);
    assert.match((await carriedOut(node('process.exit(1)'), [140n]))?.[0] ?? '', /^failed: exit code 1/);
    assert.match(
      (await carriedOut(null, [140n]))?.[0] ?? '',
      /^step: agreed; this member ran no program, because rfc12\.execute is not set/,
    );
  });

  test('an action whose time is over is not begun', async () => {
    const receipts = await carriedOut(node('console.log("late")'), [171n]);
    assert.match(receipts?.[0] ?? '', /^expired/);
  });
});

describe('what a script started', () => {
  const started = (name: string) => {
    const [begun, signed] = [join(folder, `${name}-begun`), join(folder, `${name}-signed`)];
    const signer = `touch ${begun}; sleep 2; touch ${signed}`;
    return { argv: ['sh', '-c', `sh -c '${signer}'; echo end`], begun, signed };
  };

  test('ends with it at the expiry block', async () => {
    const { argv, begun, signed } = started('expired');
    const stop = new AbortController();
    const running = runProgram(argv, {}, { ...LIMITS, signal: stop.signal });
    for (let tries = 0; !existsSync(begun); tries += 1) {
      assert.ok(tries < 1_200, 'it begins');
      await sleep(50);
    }
    stop.abort(new Error('block 3400 is final'));
    const end = await running;
    assert.ok(end.result === 'failed');
    assert.match(end.detail, /block 3400 is final/);
    await sleep(2_500);
    assert.equal(existsSync(signed), false, 'it signed after the expiry block');
  });

  test('ends at the limit of time, although it holds the output open', async () => {
    const { argv, signed } = started('late');
    const end = await runProgram(argv, {}, { ...LIMITS, timeoutMs: 300 });
    assert.ok(end.result === 'failed');
    assert.match(end.detail, /ended by SIGKILL \(it has 300 ms\)/);
    await sleep(2_500);
    assert.equal(existsSync(signed), false, 'it signed after its limit');
  });
});
