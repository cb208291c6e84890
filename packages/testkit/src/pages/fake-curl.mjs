// In place of curl, for a machine that has none: the few options that the first tutorial uses. Exit codes are those of curl.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const REFUSED = 7;
const FAILED = 22;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    fail: { type: 'boolean', short: 'f' },
    config: { type: 'string', short: 'K' },
  },
});

/** Lines `header = "NAME: VALUE"` of the configuration on standard input. */
function headers() {
  if (values.config === undefined) return {};
  const lines = readFileSync(0, 'utf8').matchAll(/^header = "([^:]+): (.*)"$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

try {
  const response = await fetch(positionals[0], { headers: headers() });
  if (values.fail === true && !response.ok) process.exitCode = FAILED;
  else process.stdout.write(await response.text());
} catch {
  process.exitCode = REFUSED;
}
