import { statfs } from 'node:fs/promises';
import type { DiskFacts, Look } from '../doctor/facts.ts';
import { looking } from './reading.ts';

/** The space of the file system of a folder. */
export async function inspectDisk(path: string): Promise<Look<DiskFacts>> {
  return looking(async () => {
    const { bsize, bavail, blocks } = await statfs(path);
    return { path, freeBytes: bsize * bavail, totalBytes: bsize * blocks };
  });
}
