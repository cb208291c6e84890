import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '@watchbill/kit';
import { fakeIo } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runCli } from '../../testing/run-guard.ts';

/** `systemctl show` of a healthy unit. */
const SHOWN = {
  ...{ LoadState: 'loaded', ActiveState: 'active', UnitFileState: 'enabled', Restart: 'always' },
  ...{ RestartUSec: '2min', WatchdogUSec: '0', TriggeredBy: '', WantedBy: 'multi-user.target' },
  ExecStart: '{ argv[]=/usr/bin/polkadot --validator ; }',
};

/** A folder with files, in which the doctor runs. The programs of the machine are those in its `bin`. */
export function ground(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder(t);
  /** FOLDER in a text is that folder. A text that begins with `-> ` is a link. */
  const put = (path: string, text: string): void => {
    const own = text.replaceAll('FOLDER', folder);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(own.slice(3), join(folder, path));
    else writeFileSync(join(folder, path), own, { mode: path.startsWith('bin/') ? 0o700 : 0o600 });
  };
  for (const [path, text] of Object.entries(files)) put(path, text);
  const setUnit = (changes: Readonly<Record<string, string>>): void => {
    const shown = Object.entries({ ...SHOWN, ...changes }).map(([name, value]) => `'${name}=${value}'`);
    put('bin/systemctl', `#!/bin/sh\nprintf '%s\\n' ${shown.join(' ')}\n`);
  };
  const doctor = async (flags: readonly string[], clock?: Clock) => {
    const io = fakeIo({ cwd: folder, env: { PATH: join(folder, 'bin') } });
    const code = await runCli(['doctor', ...flags], clock === undefined ? io : { ...io, clock });
    return { code, stdout: io.stdout(), stderr: io.stderr() };
  };
  return { folder, put, setUnit, doctor };
}
