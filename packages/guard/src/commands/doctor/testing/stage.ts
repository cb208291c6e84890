import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Report } from '../../../doctor/report.ts';
import { type StakingSeeds, startFakeStaking } from './fake-staking.ts';
import { type Seeds, sessionKeysOf, startFakeValidator, VALIDATOR, writeKeystore } from './fake-validator.ts';
import { ground } from './ground.ts';

/** Time that passes only while a command sleeps. */
export function fakeClock(startMs = 1_700_001_000_300) {
  let passedMs = 0;
  let [stepMs, extraMs] = [0, 0];
  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => {
      extraMs += stepMs;
      return passedMs + extraMs;
    },
    /** From now on, this much time passes between two looks at the clock. */
    slowDown: (ms: number) => {
      stepMs = ms;
    },
    sleep: async (ms: number) => {
      passedMs += ms;
      // Lets the other listener take its step.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** A machine with its own node and another one; `/etc` and `/proc` of the machine are below `root`. */
export type Stage = Awaited<ReturnType<typeof stage>>;

/** A machine with a keystore, a unit and a node, and another node of the chain. */
export async function stage(
  t: TestContext,
  own: Partial<Seeds> = {},
  other: Partial<Seeds> = {},
  staking: Partial<StakingSeeds> = {},
) {
  const at = ground(t, {
    // Neither a comment nor another unit counts.
    'root/etc/cron.d/jobs': '# systemctl start polkadot\n@daily root systemctl start polkadot-backup\n',
    'database/000007.log': '',
  });
  const clock = fakeClock();
  const elsewhere = { peerId: '12D3KooWOther', listens: '/ip4/10.0.0.2/tcp/30333' };
  const nodes = [
    await startFakeValidator(clock, own),
    await startFakeValidator(clock, { ...elsewhere, ...other }),
    await startFakeStaking(staking),
  ] as const;
  t.after(async () => void (await Promise.all(nodes.map((node) => node.close()))));
  const keystore = writeKeystore(join(at.folder, 'keystore'), '//Alice');
  mkdirSync(join(at.folder, 'root/proc/1'), { recursive: true });
  at.setUnit({});
  const inputs = [
    ...['--node', nodes[0].httpUrl, '--rpc', nodes[1].httpUrl, '--validator', VALIDATOR],
    ...['--keystore', 'keystore', '--unit', 'polkadot.service', '--database', 'database'],
    ...['--root', 'root', '--staking', nodes[2].httpUrl],
  ];
  /** Runs the doctor with all inputs and these. */
  const doctor = (more: readonly string[] = []) => at.doctor([...inputs, ...more], clock);
  const report = async (more: readonly string[] = []) => {
    const { code, stdout, stderr } = await doctor([...more, '--json']);
    assert.notEqual(stdout, '', stderr);
    return { ...(JSON.parse(stdout) as Report), code };
  };
  return { ...at, keystore, slowDown: clock.slowDown, own: nodes[0], other: nodes[1], doctor, report };
}

export const found = ({ findings }: Report): readonly string[] =>
  findings.map(({ letter, check }) => `${letter} ${check}`);

export const fileOf = (kind: string): string =>
  `${Buffer.from(kind).toString('hex')}${sessionKeysOf('//Alice').get(kind)?.slice(2)}`;

/** An `ssh` that runs the commands here. `gone` is down, and `chatty` prints a text at each login. */
export function fakeSsh({ folder, put }: Pick<Stage, 'folder' | 'put'>): string {
  const script = `#!/bin/sh
PATH=FOLDER/bin:/usr/bin:/bin
echo "$@" >> FOLDER/ssh.log
case "$*" in
  *'-- gone'*) echo 'Welcome' >&2; echo 'ssh: connect to host gone port 22: Connection refused' >&2; exit 255 ;;
  *'-- chatty'*) echo 'Good morning' ;;
esac
exec sh -s
`;
  put('bin/ssh', script);
  return join(folder, 'ssh.log');
}
