import { loadRuntime } from '@watchbill/coordinate';

type Runtime = Awaited<ReturnType<typeof loadRuntime>>;

/** An operator key as the package makes them. */
export type OperatorKey = ReturnType<Runtime['newOperatorKey']>;

export interface Keys {
  readonly keys: readonly OperatorKey[];
  readonly verify: Runtime['verifySignature'];
}

/** Fresh ed25519 keys for so many members. */
export async function newKeys(count: number): Promise<Keys> {
  const { newOperatorKey, verifySignature } = await loadRuntime();
  return { keys: Array.from({ length: count }, () => newOperatorKey('ed25519')), verify: verifySignature };
}
