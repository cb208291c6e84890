import type { TestContext } from 'node:test';
import { startCommand } from '@watchbill/testkit/command';

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
  const demo = startCommand('.', ['demo', ...flags], { timeoutMs: 900_000 });
  context.after(() => demo.stop());
  await demo.says(/^processes: .*\n/m);
  const { all: text } = demo.printed;
  const url = /^page +(\S+)\/$/m.exec(text)?.[1];
  if (url === undefined) throw new Error(`the demo printed no page:\n${text}`);
  return { url, pidOf: (node) => Number(new RegExp(`\\b${node} (\\d+)`).exec(text)?.[1]) };
}
