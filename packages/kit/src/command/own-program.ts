import { existsSync, readFileSync } from 'node:fs';

/** The words that start this program again: Node and the script, or the one file with Node inside. */
export function ownProgram([, script = 'watchbill'] = process.argv): readonly [string, ...string[]] {
  return script === process.execPath ? [script] : [process.execPath, script];
}

/** Whether a package of the system brings this file: a copy in `/etc` would hide its later versions. */
export function isPackaged(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text;
}
