import { nearest } from '@watchbill/kit';
import type { z } from 'zod';
import { networkJsonSchema } from './json-schema.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly description?: string;
}

/** The findings of the schema, with the place of each; a wrong value is not repeated. */
export function shapeProblems(error: z.ZodError, source: Source): Problem[] {
  const schema = networkJsonSchema() as Node;
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey([...issue.path, key].map(String), schema, source))
      : [wrongValue(issue, schema, source)],
  );
}

function unknownKey(path: readonly string[], schema: Node, source: Source): Problem {
  const siblings = Object.keys(nodeAt(schema, path.slice(0, -1))?.properties ?? {});
  return {
    code: 'unknown-key',
    path: path.join('.'),
    at: source.keyPositionOf(path),
    what: `unknown key ${path.join('.')}`,
    remedy: unknownRemedy(path, siblings, schema),
  };
}

function unknownRemedy(path: readonly string[], siblings: readonly string[], schema: Node): string {
  const key = path.at(-1) ?? '';
  const elsewhere = ELSEWHERE[key];
  if (elsewhere !== undefined && !siblings.includes(key)) return elsewhere;
  const near = nearest(key, siblings);
  if (near !== null) return `did you mean ${near}?`;
  const section = Object.entries(schemaOfPool(schema)).find(
    ([, node]) => node.properties?.[key] !== undefined,
  );
  if (section !== undefined && siblings.includes(section[0])) return `did you mean ${section[0]}.${key}?`;
  return `remove it; known keys here: ${siblings.join(', ')}`;
}

/** Words of other tools, and the setting here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  replicas: 'did you mean count?',
  replica: 'did you mean count?',
  args: 'write flags without dashes: `flags: {db-cache: 2048}`; what only this binary has goes into customFlags',
  extraArgs:
    'write flags without dashes: `flags: {db-cache: 2048}`; what only this binary has goes into customFlags',
  seed: 'no seed stands in this file: put it into a Secret and name that in keys.session.secret',
  mnemonic: 'no seed stands in this file: put it into a Secret and name that in keys.session.secret',
  nodes: 'did you mean pools?',
};

function schemaOfPool(schema: Node): Readonly<Record<string, Node>> {
  return nodeAt(schema, ['pools', 'any'])?.properties ?? {};
}

/** The schema at a path. */
function nodeAt(schema: Node, path: readonly string[]): Node | undefined {
  let node: Node | undefined = schema;
  for (const name of path) {
    const branches: readonly Node[] = [...(node === undefined ? [] : [node]), ...(node?.anyOf ?? [])];
    node = branches.map((branch) => step(branch, name)).find((found) => found !== undefined);
  }
  return node?.properties === undefined
    ? (node?.anyOf?.find(({ properties }) => properties !== undefined) ?? node)
    : node;
}

function step({ properties, additionalProperties }: Node, name: string): Node | undefined {
  const own = properties?.[name];
  if (own !== undefined) return own;
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

function wrongValue(issue: z.core.$ZodIssue, schema: Node, source: Source): Problem {
  const path = issue.path.map(String);
  const node = nodeAt(schema, path);
  const key = issue.code === 'invalid_key';
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const name = path.length === 0 ? 'the file' : path.join('.');
  const text = key ? issue.issues.map(({ message }) => plain(message)).join('; ') : plain(issue.message);
  return {
    code: 'wrong-value',
    path: path.join('.'),
    at: key ? source.keyPositionOf(path) : source.positionOf(path),
    what: missing ? `${name} is missing` : `${name}: ${text}`,
    remedy: needsQuotes(issue.message) ? 'put it between quotes' : wrongRemedy(path, node, missing, issue),
  };
}

/** YAML takes a text of digits for a number. */
function needsQuotes(message: string): boolean {
  return /expected string, received number$/.test(message);
}

function plain(message: string): string {
  return message
    .replace(/^Invalid (input|option|string|key in record): /, '')
    .replace(
      /^Too (?:small|big): expected \w+ to (?:be|have) ([<>]=)(\d+)( items| characters)?$/,
      (_, sign, bound, what) => `expected ${sign === '>=' ? 'at least' : 'at most'} ${bound}${what ?? ''}`,
    )
    .replace(/received undefined$/, 'received nothing');
}

function wrongRemedy(
  path: readonly string[],
  node: Node | undefined,
  missing: boolean,
  issue: z.core.$ZodIssue,
): string {
  const about = node?.description === undefined ? '' : ` ${node.description}`;
  if (path.join('.') === 'format') return 'write `format: watchbill/network/1` as the first line';
  if (node?.enum !== undefined) return `use one of: ${node.enum.map(String).join(', ')}`;
  if (missing) return `add it.${about}`.replace(/\.$/, '');
  if (issue.code === 'invalid_type')
    return `${KINDS[issue.expected] ?? 'write what is expected'}.${about}`.replace(/\.$/, '');
  return `write it as expected.${about}`.replace(/\.$/, '');
}

/** The expected value for a value of the wrong kind. */
const KINDS: Readonly<Record<string, string>> = {
  object: 'write a section, such as {name: value}, or remove the key',
  array: 'write a list, such as [one, two]',
  number: 'write a number without quotes',
  int: 'write a whole number without quotes',
  string: 'write a text',
  boolean: 'write true or false',
};
