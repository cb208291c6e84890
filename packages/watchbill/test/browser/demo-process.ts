import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { COMMAND } from '@watchbill/testkit/command';

const STARTS_WITHIN_MS = 120_000;

/** A running `watchbill demo`: its first lines name the page and the processes. */
export interface DemoProcess {
  /** Origin of the service, for example `http://127.0.0.1:8440`. */
  readonly url: string;
  /** Process id of a validator, for example of `alpha-1`. */
  pidOf(node: string): number;
}

/** A demo, ended with the test; it kills no node by itself unless `kills` is `on`. */
export async function demoProcess(
  context: Pick<TestContext, 'after'>,
  kills: 'on' | 'off' = 'off',
): Promise<DemoProcess> {
  const flags = ['--plain', '--kills', kills, '--seconds', '600', '--port', '0'];
  const child = spawn(process.execPath, [COMMAND, 'demo', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  context.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let printed = '';
  const said = new Promise<string>((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new Error(`the demo printed no processes:\n${printed}`)),
      STARTS_WITHIN_MS,
    );
    const hear = (chunk: Buffer) => {
      printed += chunk.toString();
      if (!/^processes: .*\n/m.test(printed)) return;
      clearTimeout(deadline);
      resolve(printed);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(() => reject(new Error(`the demo ended:\n${printed}`)));
  });
  const text = await said;
  const url = /^page +(\S+)\/$/m.exec(text)?.[1];
  if (url === undefined) throw new Error(`the demo printed no page:\n${text}`);
  return { url, pidOf: (node) => Number(new RegExp(`\\b${node} (\\d+)`).exec(text)?.[1]) };
}
