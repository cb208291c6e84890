// In place of curl, for a machine that has none: the few options that the first tutorial uses. Exit codes are those of curl.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const REFUSED = 7;
const FAILED = 22;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    fail: { type: 'boolean', short: 'f' },
    config: { type: 'string', short: 'K' },
    retry: { type: 'string', default: '0' },
    'retry-connrefused': { type: 'boolean' },
    'retry-delay': { type: 'string', default: '1' },
  },
});

/** Lines `header = "NAME: VALUE"` of the configuration on standard input. */
function headers() {
  if (values.config === undefined) return {};
  const lines = readFileSync(0, 'utf8').matchAll(/^header = "([^:]+): (.*)"$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

async function ask(url, init) {
  for (let left = Number(values.retry); ; left -= 1) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (left <= 0 || values['retry-connrefused'] !== true) throw error;
      await sleep(Number(values['retry-delay']) * 1_000);
    }
  }
}

try {
  const response = await ask(positionals[0], { headers: headers() });
  if (values.fail === true && !response.ok) process.exitCode = FAILED;
  else process.stdout.write(await response.text());
} catch {
  process.exitCode = REFUSED;
}
