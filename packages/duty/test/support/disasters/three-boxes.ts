// Three services that share one store, started as etcd.md says once `box1` was made by `init`.

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { pageText } from '@watchbill/testkit/pages/page-run';
import { type Machine, until } from '@watchbill/testkit/pages/world';
import { parse, stringify } from 'yaml';

/** The command of that page that checks the settings, and runs before the first service starts. */
export const CHECK = 'watchbill config check --config box1/watchbill.yaml\n';
export const BOXES = ['box1', 'box2', 'box3'] as const;

export type Settings = Readonly<Record<string, unknown>>;

/** The first block of a page that begins with these settings, for example `store`. */
export function settingsOf(page: string, first: string): Readonly<Record<string, Settings>> {
  const [, yaml] = new RegExp(`\`\`\`yaml\\n(${first}:\\n[^\`]*)\`\`\``).exec(pageText(page)) ?? [];
  if (yaml === undefined) throw new Error(`${page} has no settings that begin with ${first}`);
  return parse(yaml);
}

/**
 * Gives all three the settings, on free ports of this machine, and the files of `box1` except its data.
 * Starts them one after another, and settles when all serve. They end with the test.
 */
export async function startBoxes(
  context: TestContext,
  world: Machine,
  { service, store }: Readonly<Record<'service' | 'store', Settings | undefined>>,
): Promise<void> {
  const { folder, shell } = world;
  const made = parse(readFileSync(join(folder, 'box1/watchbill.yaml'), 'utf8')) as Settings;
  for (const box of BOXES) {
    const port = await freePort();
    world.ports.set(box, port);
    for (const part of ['tls', 'secrets', 'etcd']) {
      const from = join(folder, 'box1', part);
      if (box !== 'box1' && existsSync(from)) cpSync(from, join(folder, box, part), { recursive: true });
    }
    const url = `https://127.0.0.1:${port}`;
    const settings = {
      ...made,
      service: { ...service, name: box, url, listen: { host: '127.0.0.1', port } },
      store,
    };
    writeFileSync(join(folder, box, 'watchbill.yaml'), stringify(settings));
  }
  await shell(CHECK);
  const ready = (box: string): Promise<void> =>
    until(`${box} serves`, async () =>
      (await shell(`watchbill status --config ${box}/watchbill.yaml`)).includes('ready, serving'),
    );
  await shell('systemctl start watchbill@box1');
  await ready('box1');
  for (const box of BOXES.slice(1)) {
    await shell(
      `cd ${box}; watchbill serve --new-ledger > ../${box}.log 2>&1 < /dev/null & echo $! > ../${box}.pid`,
    );
    context.after(() => process.kill(Number(readFileSync(join(folder, `${box}.pid`), 'utf8')), 'SIGKILL'));
    await ready(box);
  }
}
