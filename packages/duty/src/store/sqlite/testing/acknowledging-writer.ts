/**
 * A process of the tests: `node acknowledging-writer.ts <path> [<prefix>]`. Opens the store, prints `open`,
 * and with a prefix writes one key after another, several calls at once, and prints each key once its write
 * was acknowledged. Ends with its standard input. If the store does not open, it prints the fault's code and
 * ends.
 */
import { systemClock } from '@watchbill/kit';
import { StoreFault } from '../../port.ts';
import { openSqliteStore } from '../sqlite-store.ts';

const WRITERS = 8;
const [path = '', prefix] = process.argv.slice(2);
const store = await openSqliteStore({ path, clock: systemClock() }).catch((error: unknown) => {
  process.stdout.write(`${error instanceof StoreFault ? error.code : error}\n`);
  process.exit(1);
});
process.stdout.write('open\n');

async function write(writer: number): Promise<void> {
  for (let index = 0; ; index++) {
    const key = `${prefix}/${writer}/${index}`;
    const value = Buffer.alloc(600, key);
    const [result] = await store.transact([{ compares: [{ key, value: null }], writes: [{ key, value }] }]);
    if (result?.outcome === 'applied') process.stdout.write(`${key}\n`);
  }
}

process.stdin.resume().once('end', () => process.exit(0));
if (prefix !== undefined) await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
