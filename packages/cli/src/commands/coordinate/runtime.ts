import type { Runtime } from '@watchbill/coordinate';

/**
 * The package of groups with all that it brings along; loaded by the commands that need it, so that the
 * others start fast.
 */
export async function loadRuntime(): Promise<Runtime> {
  const { loadRuntime: load } = await import('@watchbill/coordinate');
  return load();
}
