import type { TestContext } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
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
  const folder = temporaryFolder(context);
  const kind = relayChain(relayBinary());
  const binary = nodeBinary();
  return { kind, binary, spec: relaySpecFile(binary, [...kind.others, kind.identity], folder) };
}
