import { createHash } from 'node:crypto';
import { nearest } from '@watchbill/kit';
import type { Role } from '../graph/resource.ts';
import type { Problem } from '../network/problem.ts';
import { chainEntries, type NamedChain, type Runs } from '../normalise/network.ts';
import { problemAt, type Rule, type RuleContext } from './context.ts';

/** The capacity of a ConfigMap, minus the room for its name and labels. */
const LARGEST_SPEC_BYTES = 1_000_000;

/** The chain is named in one way, and is a parachain if there are collators. */
export const chainFits: Rule = (context) => {
  const { chain } = context.network;
  return [
    ...chainEntries(chain).flatMap((entry) => named(context, entry.path, entry.chain)),
    ...parachainsFit(context),
    ...rolesFit(context),
  ];
};

/** Names that `runs` has for the other chains. */
const TAKEN: readonly Runs[] = ['chain', 'relay'];

function parachainsFit(context: RuleContext): readonly Problem[] {
  const { relay, parachains = {} } = context.network.chain;
  const problem = (name: string, what: string, remedy: string) =>
    problemAt(context, ['chain', 'parachains', name], { code: 'chain', what, remedy });
  return Object.keys(parachains).flatMap((name) => [
    ...(relay === undefined
      ? [problem(name, `${name} has no relay chain`, 'name the relay chain in `chain.relay`')]
      : []),
    ...(TAKEN.includes(name)
      ? [problem(name, `${name} is the name of another chain of the file`, 'choose another name')]
      : []),
  ]);
}

function named(
  context: RuleContext,
  path: readonly string[],
  { name, spec }: NamedChain,
): readonly Problem[] {
  const problem = (at: readonly string[], what: string, remedy: string) =>
    problemAt(context, at, { code: 'chain', what: `${path.join('.')}: ${what}`, remedy });
  if ((name === undefined) === (spec === undefined))
    return [
      problem(
        path,
        'a chain has a name that the binary knows, or a specification',
        'write one of `name` and `spec`',
      ),
    ];
  if (spec === undefined) return [];
  const at = [...path, 'spec'];
  if ((spec.file === undefined) === (spec.url === undefined))
    return [problem(at, 'the specification is a file, or is fetched', 'write one of `file` and `url`')];
  if (spec.file !== undefined) return fileFits(context, [...at, 'file'], spec.file, spec.sha256);
  const onCluster = [...context.network.places.values()].some(({ target }) => target === 'kubernetes');
  if (!onCluster || context.network.file.toolsImage !== undefined) return [];
  return [
    problem(
      [...at, 'url'],
      'a cluster needs an image that can fetch it',
      'set `toolsImage` to one with sh, wget and sha256sum, by digest',
    ),
  ];
}

function fileFits(
  context: RuleContext,
  path: readonly string[],
  file: string,
  sha256: string,
): readonly Problem[] {
  const text = context.files.get(file);
  const problem = (what: string, remedy: string) => [
    problemAt(context, path, { code: 'chain', what, remedy }),
  ];
  if (text === undefined)
    return problem(`${file} was not found`, 'name an existing file, from the folder of this one');
  const found = createHash('sha256').update(text).digest('hex');
  if (found !== sha256)
    return problem(
      `${file} does not have the declared SHA-256; it has ${found}`,
      'restore the right file; or, if it was changed on purpose, write this sha256',
    );
  if (Buffer.byteLength(text) <= LARGEST_SPEC_BYTES) return [];
  return problem(
    `${file} has ${Buffer.byteLength(text)} bytes, and a cluster takes ${LARGEST_SPEC_BYTES} in one object`,
    'publish it at an address and write `url` instead of `file`',
  );
}

/** Collators make blocks of a parachain, validators those of a solo chain or a relay chain. */
function rolesFit(context: RuleContext): readonly Problem[] {
  const { chain, pools, file } = context.network;
  return pools.flatMap(({ name, role, runs, at }): readonly Problem[] => {
    const known = chainEntries(chain).map((entry) => entry.runs);
    const wrong = unknownRuns(runs, known) ?? misfit(role, runs, chain.relay !== undefined);
    if (wrong === null) return [];
    const key = file.pools?.[name]?.runs === undefined ? 'role' : 'runs';
    const path = ['pools', name, key];
    const written = file.pools?.[name]?.[key] !== undefined;
    return [
      { code: 'chain', path: path.join('.'), at: written ? context.source.positionOf(path) : at, ...wrong },
    ];
  });
}

function unknownRuns(runs: Runs, known: readonly Runs[]): Pick<Problem, 'what' | 'remedy'> | null {
  // Without a relay chain, the rule below gives the better message.
  if (runs === 'relay' || known.includes(runs)) return null;
  const near = nearest(runs, known);
  return {
    what: `the file has no chain ${runs}`,
    remedy: near === null ? 'name it in `chain.parachains`' : `did you mean ${near}?`,
  };
}

function misfit(role: Role, runs: Runs, parachain: boolean): Pick<Problem, 'what' | 'remedy'> | null {
  if (runs === 'relay' && !parachain)
    return {
      what: 'there is no relay chain to run',
      remedy: 'remove `runs`, or name the relay chain in `chain.relay`',
    };
  if (role === 'collator' && (runs === 'relay' || !parachain))
    return {
      what: 'only a parachain has collators',
      remedy: 'write role: validator; or name the relay chain in `chain.relay`',
    };
  if (role === 'validator' && runs !== 'relay' && parachain)
    return {
      what: 'a parachain has no validators',
      remedy: 'write role: collator; or `runs: relay` for validators of the relay chain',
    };
  return null;
}
