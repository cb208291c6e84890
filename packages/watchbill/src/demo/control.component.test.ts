import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemIo } from '@watchbill/kit/command/io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runDemo } from './demo-run.ts';
import { thisProgram } from './program.ts';

const FAKE = fileURLToPath(new URL('./testing/fake-service.ts', import.meta.url));
const QUICK = { json: true, plain: true, slotMs: 500, port: 0 };
const home = temporaryFolder();
let runs = 0;

interface Run {
  readonly serve: (configFile: string) => readonly string[];
  /** The longest that the run may take. */
  readonly seconds: number;
  /** The run ends with the first line of progress that matches. */
  readonly until?: RegExp;
}

/** Real validators against a fake service, so that no check prevents a double signature. */
async function against({ serve, seconds, until = /^$/ }: Run) {
  let out = '';
  let stop = (): void => undefined;
  const io = {
    ...systemIo(),
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      if (until.test(text)) stop();
    },
    onStopSignal: (listener: (name: 'SIGTERM' | 'SIGINT') => void) => {
      stop = () => listener('SIGTERM');
      return () => undefined;
    },
  };
  const program = { ...thisProgram(), serve };
  runs += 1;
  const directory = join(home, String(runs));
  const code = await runDemo({ ...QUICK, seconds, kills: 'off', dir: directory }, io, program);
  return { code, result: JSON.parse(out) as { conflicts: number; duties: number } };
}

describe('the demonstration', { concurrency: true }, () => {
  test('control: with a service that grants everything, conflicts are found and the status is not zero', async () => {
    const { code, result } = await against({
      serve: (configFile) => [FAKE, 'serve', '--config', configFile],
      seconds: 60,
      until: /duties [1-9]\d* of \d+ due, conflicts [1-9]/,
    });
    assert.ok(result.conflicts > 0, JSON.stringify(result));
    assert.ok(result.duties > 0, JSON.stringify(result));
    assert.equal(code, 1);
  });

  test('a service that does not start: the fault says what, where and what to do', async () => {
    const broken = () => ['--eval', 'console.error("the disk is on fire"); process.exit(7)'];
    await assert.rejects(
      against({ serve: broken, seconds: 1 }),
      (error: Error & { problems?: { where: string; remedy: string }[] }) => {
        assert.match(error.message, /status 7[\s\S]*the disk is on fire/);
        assert.match(error.problems?.[0]?.where ?? '', /service\.log$/);
        assert.match(error.problems?.[0]?.remedy ?? '', /--port/);
        return true;
      },
    );
  });

  test('a service that denies every claim: the run reports that it proves no safety', async () => {
    const denying = (configFile: string) => [FAKE, 'deny', 'serve', '--config', configFile];
    await assert.rejects(against({ serve: denying, seconds: 4 }), /none was signed, so the run is no proof/);
  });
});
