import { connectNode, type NodeRpc } from '@watchbill/chain';
import { type ExtrinsicSigner, type RuntimeViews, runtimeViews } from '@watchbill/chain/extrinsics';
import { readOperatorKey } from '../keys/index.ts';
import { type RunCommand, runCommand } from './run-command.ts';

/** The outside resources of actions, in addition to the node that they get. */
export interface ActionDoors {
  /** The key in a file. Throws if it cannot be used. */
  readonly key: (file: string) => ExtrinsicSigner;
  readonly run: RunCommand;
  /** The RPC of the operator's own validator. */
  readonly connect: (url: string) => NodeRpc;
  readonly views: RuntimeViews;
}

const RPC_TIMEOUT_MS = 20_000;

/** The real ones. */
export function localDoors(): ActionDoors {
  return {
    key: readOperatorKey,
    run: runCommand,
    connect: (url) => connectNode(url, { timeoutMs: RPC_TIMEOUT_MS }),
    views: runtimeViews(),
  };
}
