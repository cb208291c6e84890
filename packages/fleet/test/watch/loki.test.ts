// A real Loki by the configuration that is written for it: it accepts it, takes lines, and finds them by the
// labels of the fleet.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { logsShape, lokiYaml, REDACTIONS, redacted } from '@watchbill/fleet/watch';
import { freePorts, waitFor } from '@watchbill/testkit';
import { parse } from 'yaml';
import { folderUntilExit } from '../nodes/folder.ts';
import { run } from './programs.ts';

const BUILD = fileURLToPath(new URL('../../scripts/loki/build.mjs', import.meta.url));
const WAIT = { timeoutMs: 180_000, everyMs: 100 };
const LABELS = { network: 'n', place: 'east', pool: 'v', node: 'v1', role: 'validator' };
const RAW = [
  'inserted bottom drive obey lake curtain smoke basket hold race lonely fit walk into the keystore',
  'Imported #12 (0x9a4c…77ab)',
  '--suri=//Alice///hunter22',
  'Secret seed: 0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a',
];

interface Found {
  readonly data: {
    readonly result: readonly {
      readonly stream: Record<string, string>;
      readonly values: readonly (readonly [string, string])[];
    }[];
  };
}

/** Where the build left it; the build is a step of the tier. */
function lokiProgram(): string {
  return execFileSync(process.execPath, [BUILD, '--where'], { encoding: 'utf8', timeout: 60_000 }).trim();
}

test('Loki accepts its configuration, takes lines and finds them by network, place, pool, node and role', async (context) => {
  const loki = lokiProgram();
  const folder = folderUntilExit('watchbill-watch-');
  const [port = 0, grpcPort = 0] = await freePorts(2);
  const file = join(folder, 'loki.yaml');
  const settings = logsShape.parse({
    folder: join(folder, 'data'),
    listen: { port, grpcPort },
    retentionDays: 7,
  });
  writeFileSync(file, lokiYaml(settings));
  run(loki, `-config.file=${file}`, '-verify-config');
  const child = spawn(loki, [`-config.file=${file}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4_000);
  });
  context.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });

  const url = `http://127.0.0.1:${port}`;
  const now = BigInt(Date.now()) * 1_000_000n;
  const push = (values: readonly (readonly [string, string])[], labels: object) =>
    fetch(`${url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ stream: labels, values }] }),
    });
  const lines = (texts: readonly string[]) => texts.map((text, at) => [`${now + BigInt(at)}`, text] as const);
  await waitFor(
    'it takes lines',
    async () => (await push(lines(RAW.map(redacted)), LABELS).catch(() => null))?.status === 204,
    { ...WAIT, detail: () => said },
  );
  assert.equal((await push(lines(RAW), { source: 'raw' })).status, 204);

  const ask = async (query: string): Promise<Found['data']['result']> => {
    const asked = new URLSearchParams({
      query,
      start: `${now - 60_000_000_000n}`,
      end: `${now + 60_000_000_000n}`,
    });
    // It takes lines before it answers questions.
    const answer = await waitFor(
      `it answers ${query}`,
      async () => {
        const one = await fetch(`${url}/loki/api/v1/query_range?${asked}`);
        assert.equal(one.status, 200, await one.clone().text());
        return one;
      },
      { ...WAIT, detail: () => said },
    );
    return ((await answer.json()) as Found).data.result;
  };
  const textsOf = async (query: string) =>
    (await ask(query)).flatMap(({ values }) => values.map(([, text]) => text)).toSorted();
  const found = await ask('{network="n",node="v1"} |= "Imported"');
  assert.deepEqual(
    found.map(({ values }) => values.map(([, text]) => text)),
    [['Imported #12 (0x9a4c…77ab)']],
  );
  for (const [name, value] of Object.entries(LABELS)) assert.equal(found[0]?.stream[name], value);
  assert.equal((await textsOf('{network="n"}')).length, RAW.length, 'no line is lost');

  // The expressions mean in RE2, which Alloy uses, what they mean here.
  for (const { what, expression } of REDACTIONS) {
    const here = RAW.filter((text) => new RegExp(expression).test(text)).toSorted();
    assert.deepEqual(await textsOf(`{source="raw"} |~ ${JSON.stringify(expression)}`), here, what);
  }
  const config = parse(lokiYaml(settings)) as { limits_config: { retention_period: string } };
  assert.equal(config.limits_config.retention_period, '168h');
});
