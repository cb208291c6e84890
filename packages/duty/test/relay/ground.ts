import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type ChainKind,
  nodeBinary,
  relayBinary,
  relayChain,
  relaySpecFile,
} from '@watchbill/testkit/scenario';

export interface RelayGround {
  readonly kind: ChainKind;
  /** The node of `substrate/`, which watches. */
  readonly binary: string;
  readonly spec: string;
}

/** Four validators of Westend's runtime; its specification goes with the test. */
export function relayGround(context: TestContext): RelayGround {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-relay-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const kind = relayChain(relayBinary());
  const binary = nodeBinary();
  return { kind, binary, spec: relaySpecFile(binary, [...kind.others, kind.identity], folder) };
}
