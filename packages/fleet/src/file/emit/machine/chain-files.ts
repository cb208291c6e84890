import type { MachineItem, MachineResource } from '../../graph/resource.ts';
import { chainEntries, type MachinePlace, type NamedChain, type Network } from '../../normalise/network.ts';
import { specMapName, specTexts } from '../kubernetes/network-wide.ts';
import { item, NOBODY } from './item.ts';
import { configOf, sharedGroupOf } from './layout.ts';

/** The inputs of chain files. */
export interface ChainInput {
  readonly network: Network;
  readonly files: ReadonlyMap<string, string>;
}

function specPath(network: Network, text: string): string {
  return `${configOf(network)}/${specMapName(text)}.json`;
}

/** Specifications that nodes of a machine read: brought along, or fetched and checked. */
export function specFiles({ network, files }: ChainInput, place: MachinePlace): readonly MachineResource[] {
  const needs = [`${place.name}/directory/${configOf(network)}`];
  const own = (body: MachineItem) => item(place, body, { subject: NOBODY, needs });
  const rights = { owner: 'root', group: sharedGroupOf(network), mode: '0640' } as const;
  const texts = specTexts(network, files).map((text) =>
    own({ kind: 'file', path: specPath(network, text), ...rights, text }),
  );
  const specs = chainEntries(network.chain).map(({ chain }) => chain.spec);
  const fetched = specs.flatMap((spec) =>
    spec?.url === undefined
      ? []
      : [
          own({
            kind: 'binary',
            path: fetchedPath(network, spec),
            source: spec.url,
            sha256: spec.sha256,
            ...rights,
          }),
        ],
  );
  return [...new Map([...texts, ...fetched].map((resource) => [resource.id, resource])).values()];
}

function fetchedPath(network: Network, { sha256 }: { readonly sha256: string }): string {
  return `${configOf(network)}/chain-spec-${sha256.slice(0, 12)}.json`;
}

/** The chain argument of a node: a name that its binary knows, or the path of a specification. */
export function chainText(input: ChainInput, { name, spec }: NamedChain): string {
  if (spec?.url !== undefined)
    return `${configOf(input.network)}/chain-spec-${spec.sha256.slice(0, 12)}.json`;
  const text = spec?.file === undefined ? undefined : input.files.get(spec.file);
  return text === undefined ? (name ?? '') : specPath(input.network, text);
}
