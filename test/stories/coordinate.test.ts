// Four operators, each a real process with its own keys, agree on the dev chain. Their leader is killed, and
// the group goes on.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import {
  type DemoGroup,
  makeDemoGroup,
  NAMES,
  textOf,
} from '../../packages/coordinate/test/groups/demo-group.ts';
import { agreedAfter, assertOnce } from '../../packages/coordinate/test/groups/outcomes.ts';
import type { Process, Told } from '../../packages/coordinate/test/process.ts';

leaveNothing('coordinate');

const LIMIT = { timeout: 180_000 };

/** Blocks from a window to the next, as the example has it. */
const FREQUENCY = 20n;

let demo: DemoGroup;
const running = new Map<string, Process>();

before(async () => {
  demo = await makeDemoGroup({ blockMs: 150 });
  await demo.chain();
  for (const name of NAMES) running.set(name, demo.member(name));
}, LIMIT);

after(() => demo.close());

const member = (name: string): Process => running.get(name) ?? assert.fail(name);

const windowsOf = (name: string): readonly Told[] =>
  member(name).lines.filter(({ event }) => event === 'window');

const isDone = (line: Told): boolean => line.event === 'receipt' && line.result === 'done';

/** Leaders of the ranks of a window, as a member computed them. */
function leadersOf(name: string, window: unknown): readonly string[] {
  return (windowsOf(name).find((line) => line.window === window)?.leaders ?? []) as readonly string[];
}

/** The newest block that the dev chain has: its blocks come with the time. */
function heightNow(): bigint {
  const text = textOf(demo.file('dev-chain.yaml'));
  const numberOf = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return BigInt(Math.ceil((Date.now() - numberOf('startedAtMs')) / numberOf('blockMs')));
}

describe('four operators', () => {
  test('reach a certificate and run what they agreed on', LIMIT, async () => {
    const receipts = await Promise.all(NAMES.map((name) => member(name).until(isDone)));
    for (const { text } of receipts) assert.match(text, /heartbeat done: drill: signed by/);
  });

  test('export the certificate, which others check with the group file alone', LIMIT, async () => {
    const { window } = await member('two').until(isDone);
    const [file, group] = [demo.file('certificate.json'), demo.file('group.yaml')];
    const exported = ['export', `${window}`, '--out', file, '--config', demo.config('two')];
    for (const args of [exported, ['verify', file, '--group', group]]) {
      const ran = await demo.run('certificate', ...args);
      assert.equal(ran.code, 0, ran.errors);
    }
    const program = fileURLToPath(
      new URL('../../examples/coordinate/verify_certificate.py', import.meta.url),
    );
    const python = spawnSync('python3', ['-B', program, file, group], { encoding: 'utf8', timeout: 60_000 });
    // npm test needs no Python; a test of the command runs the program if it is there.
    if (python.error !== undefined && process.env.CI !== 'true') return;
    assert.equal(python.status, 0, python.stderr);
    assert.match(python.stdout, new RegExp(`^the certificate is valid\\n[^]*window +${window}, rank `));
  });

  test(
    'go on without a leader that is killed; it comes back, and every window has one outcome',
    LIMIT,
    async () => {
      const seen = windowsOf('two').length;
      // Windows lie in spans of four; inside one, the leader of a rank leads the rank before it in the next
      // window.
      const window = await member('two').until(
        (line) => windowsOf('two').indexOf(line) >= seen && (BigInt(String(line.window)) - 1n) % 4n < 3n,
      );
      const index = BigInt(String(window.window));
      const victim = (window.leaders as readonly string[])[1] ?? assert.fail('there is no second rank');
      await member(victim).stop('SIGKILL');
      const height = heightNow();
      const isAfter = (line: Told): boolean => BigInt(String(line.window)) * FREQUENCY > height;
      const others = NAMES.filter((name) => name !== victim);
      await Promise.all(others.map((name) => agreedAfter(member(name), index)));
      const [observer = 'one'] = others;
      // Mostly the next one; on a machine that is far too busy it may have begun before the leader was dead.
      const certificate = await member(observer).until(
        (line) =>
          line.event === 'certificate' && leadersOf(observer, line.window)[0] === victim && isAfter(line),
      );
      assert.ok(Number(certificate.rank) > 0, `rank ${certificate.rank}`);
      await member(observer).until((line) => line.event === 'rank' && line.window === certificate.window);
      running.set(victim, demo.member(victim));
      const back = await agreedAfter(member(victim), index);
      await Promise.all(NAMES.map((name) => agreedAfter(member(name), BigInt(String(back.from)))));
      let windows = 0;
      for (const name of NAMES) {
        const rows = await demo.windows(name);
        assertOnce(rows);
        windows = Math.max(windows, rows.length);
        for (const { faults, receipts } of rows) {
          // Idleness is what the others report of a leader that was killed. No other fault is proven of an
          // honest member.
          assert.deepEqual(
            faults.filter(({ kind }) => kind !== 'idleness'),
            [],
          );
          assert.ok(receipts.filter(({ result }) => result === 'done').length <= 1);
        }
      }
      console.log(
        `coordinate: 4 operators, ${windows} outcomes, leader ${victim} killed, window ${certificate.window} certified at rank ${certificate.rank}`,
      );
    },
  );
});
