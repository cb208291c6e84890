import { readFileSync } from 'node:fs';

/**
 * The id that the kernel draws at each boot (`random(4)`), for example
 * `5c1c8a0e-4a8e-4f8e-9d4b-0b7e2f0c9a11`. Throws the error of the file system if there is none: on a system
 * that is not Linux.
 */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
