// The flags of a script that a person runs: its first comment is the help that it prints.
// Plain JavaScript for Node 20 and later: it runs before any package is installed.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Parses like `parseArgs`. `--help` ends the process; so does a wrong flag, with a line and status 2. */
export function readFlags(url, { options, ...config }) {
  try {
    const read = parseArgs({ ...config, options: { ...options, help: { type: 'boolean', short: 'h' } } });
    if (!read.values.help) return read;
    const [comment] = /^(?:[/][/].*\n)+/.exec(readFileSync(new URL(url), 'utf8'));
    process.stdout.write(comment.replaceAll(/^[/][/] ?/gm, ''));
    process.exit();
  } catch (error) {
    console.error(`${error.message.split('. ')[0]}; --help prints the valid flags`);
    process.exit(2);
  }
}
