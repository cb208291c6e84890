import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { Fault, nearest, type Problem } from '../index.ts';
import { readText } from './input-file.ts';
import type { Io } from './io.ts';
import { inWords } from './shape-words.ts';
import { readYaml, type YamlText } from './yaml-file.ts';

/** A YAML file of a known shape, with the line of each value. */
export interface Document<Value> {
  readonly value: Value;
  /** Absolute. */
  readonly file: string;
  /** `file:line:column` of a path. */
  readonly whereIs: (path: readonly PropertyKey[]) => string;
}

/**
 * Reads a file of the given shape. Throws a usage fault that lists everything that is wrong, with lines.
 * `missing`: what to do where there is no file; `page`: the word with which `watchbill docs` prints a whole
 * one, for example `coordinate`.
 */
export function readDocument<Schema extends z.ZodType>(
  io: Io,
  path: string,
  schema: Schema,
  { missing, page }: { readonly missing: string; readonly page: string },
): Document<z.infer<Schema>> {
  const file = resolve(io.cwd, path);
  const yaml = readYaml(readText(file, { missing: missing, code: 'config' }), basename(file));
  if (yaml.problems.length > 0) throw new Fault('config', 'usage', yaml.problems);
  const parsed = schema.safeParse(yaml.value ?? {}, { error: inWords });
  const whereIs = (at: readonly PropertyKey[]): string => place(file, yaml.positionOf(at));
  if (parsed.success) return { value: parsed.data, file, whereIs };
  const help = `write what belongs here; \`watchbill docs ${page}\` shows a whole file`;
  const problems = shapeProblemsOf(parsed.error, schema, { yaml, file, help });
  throw new Fault('config', 'usage', problems);
}

/** All problems of a value that was read from YAML. `help` is the remedy if the shape has none. */
export function shapeProblemsOf(
  error: z.ZodError,
  schema: z.ZodType,
  { yaml, file, help }: { readonly yaml: YamlText; readonly file: string; readonly help: string },
): readonly Problem[] {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  return error.issues.flatMap((issue) => problemsOf(issue, { yaml, file, shape, help }));
}

interface Places {
  readonly yaml: YamlText;
  readonly file: string;
  readonly shape: Shape;
  readonly help: string;
}

/** The parts of a JSON Schema that are looked at. */
interface Shape {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
}

function problemsOf(issue: z.core.$ZodIssue, places: Places): readonly Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...issue.path, key], places));
  const { yaml, file, shape, help } = places;
  const name = issue.path.length === 0 ? basename(file) : issue.path.map(String).join('.');
  const known = shapeAt(shape, issue.path);
  const choices = known?.enum === undefined ? '' : `use one of: ${known.enum.join(', ')}. `;
  const isMissing = issue.message === 'is missing';
  const what = isMissing ? `${name} is missing` : `${name}: ${issue.message}`;
  const remedy = `${isMissing ? 'add it. ' : ''}${choices}${known?.description ?? help}`;
  return [{ what, where: place(file, yaml.positionOf(issue.path)), remedy }];
}

function unknownKey(path: readonly PropertyKey[], { yaml, file, shape }: Places): Problem {
  const siblings = Object.keys(shapeAt(shape, path.slice(0, -1))?.properties ?? {});
  const near = nearest(String(path.at(-1)), siblings);
  return {
    what: `unknown key ${path.map(String).join('.')}`,
    where: place(file, yaml.keyPositionOf(path)),
    remedy: near === null ? `remove it; known keys here: ${siblings.join(', ')}` : `did you mean ${near}?`,
  };
}

function shapeAt(shape: Shape | undefined, path: readonly PropertyKey[]): Shape | undefined {
  const [name, ...rest] = path;
  if (name === undefined || shape === undefined) return shape;
  if (typeof name === 'number') return shapeAt(shape.items, rest);
  const { additionalProperties: other } = shape;
  return shapeAt(shape.properties?.[String(name)] ?? (typeof other === 'object' ? other : undefined), rest);
}

function place(file: string, { line, column }: { readonly line: number; readonly column: number }): string {
  return `${file}:${line}:${column}`;
}
