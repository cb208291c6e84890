import type { Graph } from '../graph/resource.ts';
import type { Problem } from '../network/problem.ts';
import { networkSchema } from '../network/schema.ts';
import { shapeProblems } from '../network/shape.ts';
import { readSource } from '../network/source.ts';
import { chainEntries, type Network } from '../normalise/network.ts';
import { normalise } from '../normalise/normalise.ts';
import { assertSound } from '../rules/invariants/check.ts';
import { ruleProblems } from '../rules/rules.ts';
import { buildGraph, finishGraph } from './build.ts';
import { applyPatches } from './patch.ts';

/** A network file that can be planned, or all of its problems. */
export type NetworkRead =
  | { readonly ok: true; readonly network: Network; readonly graph: Graph }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Paths of the files that a network file names; empty if it is unreadable. */
export function filesOf(text: string): readonly string[] {
  const parsed = networkSchema.safeParse(readSource(text).value);
  if (!parsed.success) return [];
  return chainEntries(parsed.data.chain).flatMap(({ chain }) => chain.spec?.file ?? []);
}

/** `here`: every place of the file is this machine, where nodes learn of each other at their start. */
export interface ReadOptions {
  readonly here?: boolean;
}

/**
 * Reads a network file: syntax, shape, meaning, the graph, and the invariants of the graph. `files` holds the
 * texts of `filesOf`. Throws only if the graph breaks an invariant, which is a defect of ours.
 */
export function readNetwork(
  text: string,
  files: ReadonlyMap<string, string> = new Map(),
  { here = false }: ReadOptions = {},
): NetworkRead {
  const source = readSource(text);
  if (source.problems.length > 0) return { ok: false, problems: source.problems };
  const parsed = networkSchema.safeParse(source.value ?? {});
  if (!parsed.success) return { ok: false, problems: inOrder(shapeProblems(parsed.error, source)) };
  const { network, problems } = normalise(parsed.data, source);
  if (network === null) return { ok: false, problems: inOrder(problems) };
  const wrong = ruleProblems({ network, source, files }, !here);
  if (wrong.length > 0) return { ok: false, problems: wrong };
  const built = buildGraph(network, files);
  assertSound(built);
  const { patches } = parsed.data;
  if (patches === undefined) return { ok: true, network, graph: built };
  const patched = applyPatches(built.resources, patches, source);
  if (patched.problems.length > 0) return { ok: false, problems: inOrder(patched.problems) };
  const { digest: _, ...parts } = built;
  return { ok: true, network, graph: finishGraph({ ...parts, resources: patched.resources }) };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((one, other) => one.at.line - other.at.line || one.at.column - other.at.column);
}
