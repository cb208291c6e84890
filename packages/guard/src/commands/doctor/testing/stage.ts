import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FakeNode } from '@watchbill/chain/testing';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Report } from '../../../doctor/report.ts';
import { runCli } from '../../testing/run-guard.ts';
import { type StakingSeeds, startFakeStaking } from './fake-staking.ts';
import { type Seeds, sessionKeysOf, startFakeValidator, VALIDATOR, writeKeystore } from './fake-validator.ts';

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

const UNIT = {
  ...{ LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled', Restart: 'always' },
  ...{ RestartUSec: '2min', WatchdogUSec: '0', TriggeredBy: '', WantedBy: 'multi-user.target' },
  ExecStart: '{ argv[]=/usr/bin/polkadot --validator ; }',
};

export interface Stage {
  readonly folder: string;
  readonly keystore: string;
  /** The root folder of the machine, with `/etc` and `/proc`. */
  readonly root: string;
  readonly own: FakeNode;
  readonly other: FakeNode;
  /** Makes each step of the machine take this long. */
  readonly slowDown: (ms: number) => void;
  /** Runs the doctor with all inputs and these. */
  readonly doctor: (more?: readonly string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
  readonly report: (more?: readonly string[]) => Promise<Report & { code: number }>;
  readonly setUnit: (changes: Partial<typeof UNIT>) => void;
}

/** A machine with a keystore, a unit and a node, and another node of the chain. */
export async function stage(
  t: TestContext,
  own: Partial<Seeds> = {},
  other: Partial<Seeds> = {},
  staking: Partial<StakingSeeds> = {},
): Promise<Stage> {
  const folder = temporaryFolder(t);
  const clock = fakeClock();
  const nodes = [
    await startFakeValidator(clock, own),
    await startFakeValidator(clock, {
      peerId: '12D3KooWOther',
      listens: '/ip4/10.0.0.2/tcp/30333',
      ...other,
    }),
    await startFakeStaking(staking),
  ] as const;
  t.after(async () => void (await Promise.all(nodes.map((node) => node.close()))));
  const keystore = writeKeystore(join(folder, 'keystore'), '//Alice');
  const root = join(folder, 'root');
  mkdirSync(join(root, 'proc'), { recursive: true });
  mkdirSync(join(root, 'etc', 'cron.d'), { recursive: true });
  // Neither a comment nor another unit counts.
  const jobs = '# systemctl start polkadot\n@daily root systemctl start polkadot-backup\n';
  writeFileSync(join(root, 'etc', 'cron.d', 'jobs'), jobs);
  const database = join(folder, 'database');
  mkdirSync(database);
  writeFileSync(join(database, '000007.log'), '');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const setUnit = (changes: Partial<typeof UNIT>): void => {
    const shown = Object.entries({ ...UNIT, ...changes }).map(([name, value]) => `${name}=${value}`);
    const script = `#!/bin/sh\nprintf '%s\\n' ${shown.map((line) => `'${line}'`).join(' ')}\n`;
    writeFileSync(join(bin, 'systemctl'), script, { mode: 0o755 });
  };
  setUnit({});
  const doctor: Stage['doctor'] = async (more = []) => {
    const io = { ...fakeIo({ cwd: folder, env: { PATH: bin } }), clock };
    const code = await runCli(
      ['doctor', '--node', nodes[0].httpUrl, '--rpc', nodes[1].httpUrl, '--validator', VALIDATOR]
        .concat(['--keystore', 'keystore', '--unit', 'polkadot.service', '--database', 'database'])
        .concat(['--root', 'root', '--staking', nodes[2].httpUrl])
        .concat(more),
      io,
    );
    return { code, stdout: io.stdout(), stderr: io.stderr() };
  };
  const report: Stage['report'] = async (more = []) => {
    const { code, stdout, stderr } = await doctor([...more, '--json']);
    assert.notEqual(stdout, '', stderr);
    return { ...(JSON.parse(stdout) as Report), code };
  };
  const [ownNode, otherNode] = nodes;
  const { slowDown } = clock;
  return { folder, slowDown, keystore, root, own: ownNode, other: otherNode, doctor, report, setUnit };
}

export const found = ({ findings }: Report): readonly string[] =>
  findings.map(({ letter, check }) => `${letter} ${check}`);

export const fileOf = (kind: string): string =>
  `${Buffer.from(kind).toString('hex')}${sessionKeysOf('//Alice').get(kind)?.slice(2)}`;

/** An `ssh` that runs the commands here. `gone` is down, and `chatty` prints a text at each login. */
export function fakeSsh({ folder }: Stage): string {
  const path = join(folder, 'bin', 'ssh');
  const log = join(folder, 'ssh.log');
  const script = `#!/bin/sh
PATH=${join(folder, 'bin')}:/usr/bin:/bin
echo "$@" >> ${log}
case "$*" in
  *'-- gone'*) echo 'Welcome' >&2; echo 'ssh: connect to host gone port 22: Connection refused' >&2; exit 255 ;;
  *'-- chatty'*) echo 'Good morning' ;;
esac
exec sh -s
`;
  writeFileSync(path, script, { mode: 0o755 });
  return log;
}
