import { createHash } from 'node:crypto';
import { genesisHashes, LIVE_CHAINS } from '@watchbill/chain/genesis';
import { isList, isRecord, type Json, type JsonRecord, jsonOrNull } from '@watchbill/kit';
import { isDevelopmentChain } from '../../file/emit/index.ts';
import type { Network } from '../../file/normalise/index.ts';
import { LocalFault } from './local-fault.ts';

/** The chain that the nodes of a local network run. */
export type LocalChain =
  | { readonly name: string }
  | {
      /** The specification that the nodes get, as JSON. */
      readonly text: string;
      /** SHA-256 of the specification that the network file names, in hex. */
      readonly sha256: string;
    };

/**
 * `id` of the specifications of live chains of Polkadot. Names of the chains and of their parachains begin
 * so, too.
 */
const LIVE_ID = /^(polkadot|kusama|ksmcc\d*|westend2?|rococo(_v[\d_]+)?|paseo)$/;
const TYPES = ['Development', 'Local'];

/**
 * The chain of a network file, if it is a development chain. `withoutBootNodes`: removes the boot nodes and
 * the telemetry servers from a specification, so that no node dials them; without it, a specification with
 * boot nodes is refused. Throws a LocalFault `spec`.
 */
export function developmentChain(
  { chain }: Network,
  files: ReadonlyMap<string, string>,
  withoutBootNodes: boolean,
): LocalChain {
  if (chain.name !== undefined) {
    if (isDevelopmentChain(chain.name)) return { name: chain.name };
    throw live(`chain.name is ${chain.name}, a live chain that the nodes would join`);
  }
  const text = chain.spec?.file === undefined ? undefined : files.get(chain.spec.file);
  if (text === undefined)
    throw new LocalFault(
      'spec',
      'the network file names no local file for the chain specification',
      'download it, and name the file as chain.spec.file',
    );
  const spec = jsonOrNull(text) as Json;
  if (!isRecord(spec))
    throw new LocalFault(
      'spec',
      'the chain specification is not a JSON object',
      'make it with `build-spec --raw`',
    );
  return {
    text: checkedSpec(spec, text, withoutBootNodes),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
}

function checkedSpec(spec: JsonRecord, text: string, withoutBootNodes: boolean): string {
  const { id, chainType, bootNodes } = spec;
  if (typeof id === 'string' && LIVE_ID.test(id)) throw live(`the chain specification has the id ${id}`);
  // Nodes treat a specification without a type as one of a live chain.
  if (typeof chainType !== 'string' || !TYPES.includes(chainType))
    throw live(`the chain specification has the chainType ${JSON.stringify(chainType ?? 'Live')}`);
  refuseLiveGenesis(spec);
  if (withoutBootNodes) return JSON.stringify({ ...spec, bootNodes: [], telemetryEndpoints: null });
  if (!isList(bootNodes) || bootNodes.length === 0) return text;
  throw new LocalFault(
    'spec',
    `the chain specification has boot nodes, which the nodes would dial: ${String(bootNodes[0])}`,
    'add --no-boot-nodes, which removes them from the copy for the nodes',
  );
}

/** A copy of a live chain's specification has its genesis, even with another id and type. */
function refuseLiveGenesis(spec: JsonRecord): void {
  const hash = genesisHashes(spec)?.find((one) => LIVE_CHAINS.has(one));
  if (hash === undefined) return;
  throw live(
    `the chain specification has the genesis of ${LIVE_CHAINS.get(hash)} (block 0 is ${hash}), under the id ${JSON.stringify(spec.id)}`,
  );
}

function live(what: string): LocalFault {
  return new LocalFault(
    'spec',
    `${what}: a network on this machine runs development chains only`,
    `name a chain such as dev or westend-local, or a specification with the chainType ${TYPES.join(' or ')}`,
  );
}
