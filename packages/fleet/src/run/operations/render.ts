import { fault, usageFault } from '@watchbill/kit';
import { isBornUse } from '../../file/graph/index.ts';
import { type RenderFormat, rendered } from '../../file/index.ts';
import { judge, type KeyHolder, NO_CLAIMS } from '../../file/signers/index.ts';
import { seedSecretOf } from '../kubernetes/seeds.ts';
import type { Declared } from './plan.ts';
import {
  type Manifest,
  type RenderedSigner,
  readOwned,
  readRecord,
  replaceFolder,
  writeRecord,
} from './rendered-folder.ts';

export interface RenderInput {
  readonly declared: Declared;
  readonly format: RenderFormat;
  /** Only this cluster or machine. */
  readonly place: string | null;
  /** Signers with named keys run; otherwise they have no pod. */
  readonly signers: boolean;
  /** Absolute path of the folder; null: the files are only returned. */
  readonly out: string | null;
  /**
   * Absolute path of the file, beside the network file, that records the running signers of all folders. Keep
   * it under version control with them.
   */
  readonly record: string;
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
 * this network and format made every file in it. A signer that comes is refused while another one leaves,
 * whatever their keys are called: the other tool may start the new one before it stops the old one. Throws a
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
    const before = merged(readOwned(out, manifest)?.signers ?? [], readRecord(input.record, graph.network));
    const covers = coverage(input);
    const leaving = before.filter((past) => !isIn(past, covers(past) ? runs : signersOf({ declared })));
    for (const one of runs) refuseSecondSigner(one, before, leaving, input);
    stopped = waiting.filter((id) => before.some((past) => past.id === id));
    // A run that is killed in between leaves both.
    if (STARTS.has(format)) writeRecord(input.record, graph.network, merged(before, runs));
    replaceFolder(out, manifest, files);
    const kept = before.filter((past) => !covers(past));
    if (STARTS.has(format)) writeRecord(input.record, graph.network, merged(kept, runs));
  }
  return { files, waiting, stopped };
}

/** Whether this rendering says all about a signer: its place is rendered, or no longer in the file. */
function coverage({ declared, place }: RenderInput): (signer: RenderedSigner) => boolean {
  const others = declared.graph.places.filter(({ name }) => place !== null && name !== place);
  return ({ id }) => !others.some(({ name }) => id.startsWith(`${name}/`));
}

function signersOf({
  declared,
  place = null,
}: Pick<RenderInput, 'declared'> & Partial<RenderInput>): readonly RenderedSigner[] {
  return declared.graph.resources.flatMap(({ id, kind, place: own, body, subject: { keySet } }) =>
    kind !== 'StatefulSet' || keySet === null || isBornUse(keySet) || (place !== null && own !== place)
      ? []
      : [{ id, use: keySet, secret: seedSecretOf(body) }],
  );
}

/** A signer that takes its seeds from another Secret may have other keys, under the same name. */
export function isIn({ id, use, secret }: RenderedSigner, all: readonly RenderedSigner[]): boolean {
  return all.some((one) => one.id === id && one.use === use && one.secret === secret);
}

function merged(some: readonly RenderedSigner[], more: readonly RenderedSigner[]): readonly RenderedSigner[] {
  return [...some, ...more.filter((one) => !isIn(one, some))];
}

/** A file has no public keys. So every signer that leaves may have the keys of one that comes. */
function refuseSecondSigner(
  one: RenderedSigner,
  before: readonly RenderedSigner[],
  leaving: readonly RenderedSigner[],
  { record }: RenderInput,
): void {
  const isNew = !isIn(one, before);
  const other = before.find(
    (past) => past.id !== one.id && mayBoth(one, past, !(isNew && leaving.includes(past))),
  );
  if (other === undefined) return;
  throw fault('two-signers', 'denied', {
    what: `${one.id} would run with the keys ${one.use}, and in the earlier rendering ${other.id} runs with ${other.use === one.use ? 'them' : `the keys ${other.use}, which may be the same`}: another tool may start the new signer before it stops the old one`,
    where: record,
    remedy:
      'render without --signers and apply that, so that neither runs; wait until the pods are gone; then render with --signers again',
  });
}

function mayBoth(one: RenderedSigner, other: RenderedSigner, differentKeys: boolean): boolean {
  const holder = ({ id, use }: RenderedSigner): KeyHolder => ({ id, use, seen: null });
  return judge(holder(one), holder(other), { ...NO_CLAIMS, differentKeys }).answer !== 'no';
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
