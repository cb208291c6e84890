import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Of a longer log the end is taken. */
const MOST_BYTES = 2 * 2 ** 20;
const TIMEOUT_MS = 30_000;

/** The end of a file, or the last day of a unit by `journalctl`. Throws if it cannot be read. */
export async function logOfDay(from: { readonly file: string } | { readonly unit: string }): Promise<string> {
  if ('file' in from) return endOf(from.file);
  const args = ['--unit', from.unit, '--since', '-1d', '--no-pager', '--output', 'cat'];
  const limits = { timeout: TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 };
  const { stdout } = await promisify(execFile)('journalctl', args, limits);
  if (stdout.trim() === '')
    throw new Error(`the unit ${from.unit} wrote nothing; name a file with --log FILE`);
  return stdout.slice(-MOST_BYTES);
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
