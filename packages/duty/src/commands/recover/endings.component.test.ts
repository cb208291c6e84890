import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@watchbill/kit';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { CHAIN, KEY } from '../testing/fake-ledger.ts';
import { runCli, runFake } from '../testing/run-duty.ts';
import { FLOOR, POLICY } from './testing/fixture.ts';

/** A service on the embedded store ends in each way, its folder loses files, and then a person acts. */

const MAIN = fileURLToPath(new URL('../../../../watchbill/src/main.ts', import.meta.url));
const SERVE = ['serve', '--json', '--service-listen-port', '0'];
const SERVING = /"state":"serving"/;
const LIMIT = { timeout: 120_000 };
const root = temporaryFolder();

async function succeed(cwd: string, ...args: readonly string[]): Promise<void> {
  const { code, all } = await runFake(args, { cwd });
  assert.equal(code, 0, `${args.join(' ')}\n${all}`);
}

/** A service process that adopts a key and is ended by this signal; its folder, and `recover` before that. */
async function endedBy(signal: NodeJS.Signals, store: readonly string[]) {
  const cwd = mkdtempSync(join(root, signal));
  await succeed(cwd, 'init', '--name', 'box', ...store);
  const child = spawn(process.execPath, [MAIN, ...SERVE], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(child, 'close');
  try {
    const [line] = await once(child.stdout, 'data');
    for await (const text of createInterface(child.stderr)) if (SERVING.test(text)) break;
    child.stderr.resume();
    const at = ['--url', JSON.parse(String(line)).url];
    const { chain, key, roster, duties, ceilings, readiness } = POLICY;
    writeFileSync(
      join(cwd, 'policy.json'),
      JSON.stringify({ chain, key, roster, duties, ceilings, readiness }),
    );
    await succeed(cwd, 'policy', 'apply', 'policy.json', ...at);
    const floor = ['--floor', 'grandpa=3/10', '--confirmation', 'new'];
    await succeed(cwd, 'adopt', '--chain', CHAIN, '--key', KEY, ...floor, ...at);
    return { cwd, running: await runFake(['recover', ...FLOOR], { cwd }) };
  } finally {
    child.kill(signal);
    await gone;
  }
}

/** `serves`, or the code of the error. */
async function serve(cwd: string): Promise<string> {
  const io = fakeIo({ cwd });
  const err = (text: string) => {
    io.err(text);
    if (SERVING.test(text)) io.signal('SIGTERM');
  };
  const code = await runCli(SERVE, { ...io, err, clock: systemClock() });
  return code === 0 ? 'serves' : JSON.parse(io.stderr().split('\n').at(-2) ?? '').error.code;
}

/** The kinds of its findings, and the id of its plan or null. */
async function recover(cwd: string, choices: readonly string[]) {
  const { stdout } = await runFake(['recover', ...FLOOR, ...choices, '--json'], { cwd });
  const { findings, id } = JSON.parse(stdout) as { findings: { kind: string }[]; id: string | null };
  return { findings: findings.map(({ kind }) => kind), id };
}

/** A store in a separate file. */
const APART = [
  { lost: [], served: 'serves', findings: [], planned: true, choices: [] },
  {
    lost: ['ledger.db'],
    served: 'data-empty',
    findings: ['memory-lost'],
    planned: true,
    choices: ['--lost', 'box'],
  },
  { lost: ['store.sqlite'], served: 'store-behind', findings: ['store-empty'], planned: false, choices: [] },
  {
    lost: ['ledger.db', 'store.sqlite'],
    served: 'data-empty',
    findings: ['store-empty'],
    planned: false,
    choices: [],
  },
];
/** A store in the file of the ledger: both are lost, or none. */
const TOGETHER = APART.filter(({ lost }) => lost.length !== 1).map((loss) => ({
  ...loss,
  lost: loss.lost.slice(0, 1),
}));

for (const [signal, store, losses] of [
  ['SIGTERM', ['--store', 'sqlite:data/store.sqlite'], APART],
  ['SIGKILL', ['--store', 'sqlite:data/store.sqlite'], APART],
  ['SIGTERM', [], TOGETHER],
  ['SIGKILL', [], TOGETHER],
] as const)
  describe(`a service on the embedded store that ${signal} ended: ${store[1] ?? 'one file'}`, LIMIT, () => {
    let ended: Awaited<ReturnType<typeof endedBy>>;
    before(async () => {
      ended = await endedBy(signal, store);
    }, LIMIT);

    /** The folder that it left, without these files. */
    function left(lost: readonly string[]): string {
      const cwd = mkdtempSync(join(root, 'left-'));
      cpSync(ended.cwd, cwd, { recursive: true });
      for (const file of lost)
        for (const end of ['', '-wal', '-journal'])
          rmSync(join(cwd, 'data', `${file}${end}`), { force: true });
      return cwd;
    }

    test('while it runs, recover names its folder as held', () => {
      assert.deepEqual([ended.running.code, ended.running.stdout], [2, '']);
      assert.match(ended.running.stderr, /ledger\.db\): another process holds it/);
    });

    for (const { lost, served, findings, planned, choices } of losses)
      test(`serve and recover say what is true after the loss of [${lost}]`, LIMIT, async () => {
        assert.equal(await serve(left(lost)), served);
        const cwd = left(lost);
        const { id, ...found } = await recover(cwd, choices);
        assert.deepEqual([found.findings, id !== null], [findings, planned]);
        if (id === null) return;
        await succeed(cwd, 'recover', '--execute', id, '--confirmation', 'no signer runs');
        assert.equal(await serve(cwd), 'serves');
      });
  });
