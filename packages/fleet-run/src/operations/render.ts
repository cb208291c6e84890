import { fault, usageFault } from '@watchbill/base';
import { type RenderFormat, rendered } from '@watchbill/fleet';
import { isBornUse } from '@watchbill/fleet/graph';
import { judge, type KeyHolder, NO_CLAIMS } from '@watchbill/fleet/signers';
import type { Declared } from './plan.ts';
import { type Manifest, type RenderedSigner, readOwned, replaceFolder } from './rendered-folder.ts';

export interface RenderInput {
  readonly declared: Declared;
  readonly format: RenderFormat;
  /** Only this cluster or machine. */
  readonly place: string | null;
  /** Signers with named keys run; otherwise they have no pod. */
  readonly signers: boolean;
  /** Absolute path of the folder; null: the files are only returned. */
  readonly out: string | null;
}

export interface RenderedNetwork {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Signers with named keys that have no pod, because `signers` is not set. */
  readonly waiting: readonly string[];
  /** Those of them that ran in the earlier rendering: applying this one stops them. */
  readonly stopped: readonly string[];
}

/** Formats whose objects start signers. */
const STARTS: ReadonlySet<RenderFormat> = new Set(['yaml', 'kustomize', 'helm']);

/**
 * Renders a network for other tools. A folder is replaced as a whole, and only if an earlier rendering of
 * this network and format made every file in it. Running signers are refused if that rendering has a signer
 * elsewhere with their keys: the other tool may start the new one before it stops the old one. Throws an
 * Fault.
 */
export function renderNetwork(input: RenderInput): RenderedNetwork {
  const { declared, format, place, out } = input;
  const { graph, network } = declared;
  const signers = STARTS.has(format) ? signersOf(input) : [];
  const runs = input.signers ? signers : [];
  const files = rendered(network, graph, { format, place, signers: input.signers });
  const waiting = input.signers ? [] : signers.map(({ id }) => id);
  let stopped: readonly string[] = [];
  if (out !== null && files.length > 0) {
    const manifest: Manifest = {
      format: 'watchbill/rendered/1',
      network: graph.network,
      as: format,
      place,
      graph: graph.digest,
      signers: runs,
    };
    const before = readOwned(out, manifest);
    refuseSecondSigner(runs, before?.signers ?? [], out);
    stopped = waiting.filter((id) => before?.signers.some((past) => past.id === id));
    replaceFolder(out, manifest, files);
  }
  return { files, waiting, stopped };
}

function signersOf({ declared, place }: RenderInput): readonly RenderedSigner[] {
  return declared.graph.resources.flatMap(({ id, kind, place: own, subject: { keySet } }) =>
    kind !== 'StatefulSet' || keySet === null || isBornUse(keySet) || (place !== null && own !== place)
      ? []
      : [{ id, use: keySet }],
  );
}

/** A file has no public keys, so only names count here. The claim of a folder is as strong as its names. */
function refuseSecondSigner(
  now: readonly RenderedSigner[],
  before: readonly RenderedSigner[],
  out: string,
): void {
  for (const one of now) {
    const other = before.find((past) => past.id !== one.id && mayBoth(one, past));
    if (other === undefined) continue;
    throw fault('two-signers', 'denied', {
      what: `${one.id} would run with the keys ${one.use}, and in the earlier rendering ${other.id} runs with them: another tool may start the new signer before it stops the old one`,
      where: out,
      remedy:
        'render without --signers and apply that, so that neither runs; wait until the pods are gone; then render with --signers again',
    });
  }
}

function mayBoth(one: RenderedSigner, other: RenderedSigner): boolean {
  const holder = ({ id, use }: RenderedSigner): KeyHolder => ({ id, use, seen: null });
  return judge(holder(one), holder(other), { ...NO_CLAIMS, differentKeys: true }).answer !== 'no';
}

/** Throws a usage fault unless the network has this place. */
export function expectPlace({ graph }: Declared, place: string | null, near: string | null): void {
  const names = graph.places.map(({ name }) => name);
  if (place === null || names.includes(place)) return;
  throw usageFault(
    `there is no cluster and no machine ${place}`,
    near === null ? `name one of: ${names.join(', ')}` : `did you mean ${near}?`,
    'flag --place',
  );
}
