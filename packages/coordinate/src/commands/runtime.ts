import type { Runtime } from '../index.ts';

/**
 * The package of groups with all that it brings along; loaded by the commands that need it, so that the
 * others start fast.
 */
export async function loadRuntime(): Promise<Runtime> {
  const { loadRuntime: load } = await import('../index.ts');
  return load();
}
