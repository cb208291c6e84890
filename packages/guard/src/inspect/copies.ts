import { dirname, join, relative } from 'node:path';
import { keyFilesIn, keystoresBelow } from './keystore.ts';
import { mapped } from './look.ts';
import { machineAt } from './places.ts';
import { HOMES } from './unit-files.ts';

/** Where people keep copies. */
const KEPT = [...HOMES, '', '/mnt', '/media/*', '/srv', '/opt', '/var/backups'].map((at) => `${at}/*`);
/** A keystore is this deep below the folder that holds the base path: `/var/lib` of a node. */
const ABOVE = 4;
const AT_ONCE = 32;

/** Other folders with a key of these keystores: beside them, or where people keep copies. */
export async function copiesOf(keystores: readonly string[], root: string) {
  const machine = machineAt('/');
  const above = keystores.flatMap((path) => {
    const all = [dirname(path)];
    while (all.length < ABOVE) all.push(dirname(all.at(-1) ?? '/'));
    return all.filter((folder) => !relative(root, folder).startsWith('..')).map((each) => join(each, '*'));
  });
  const patterns = [...above, ...KEPT.map((pattern) => join(root, pattern))];
  const paths = new Set((await Promise.all(patterns.map(machine.paths))).flat());
  const below = await mapped([...paths], AT_ONCE, async (path) => [path, ...(await keystoresBelow(path))]);
  const files = new Set((await mapped(keystores, AT_ONCE, keyFilesIn)).flat());
  const others = [...new Set(below.flat())].filter((path) => !keystores.includes(path));
  const isCopy = await mapped(others, AT_ONCE, async (path) =>
    (await keyFilesIn(path)).some((file) => files.has(file)),
  );
  return { found: others.filter((_, at) => isCopy[at]), closed: machine.closed };
}
