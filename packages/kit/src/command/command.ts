import type { Option, Command as Parser } from 'commander';
import type { z } from 'zod';
import { Fault, usageFault } from '../index.ts';
import { type Context, withExamples, withStatuses } from './context.ts';
import type { Fill } from './door.ts';
import type { ExitMeanings } from './exit.ts';
import { longOf, type Rule, wordOf } from './rules.ts';

interface More {
  /** Heading in `--help`. */
  readonly group?: string;
  /** Values that the shell completes: of a service, or of the contexts of this person. */
  readonly complete?: 'keys' | 'nodes' | 'contexts';
  /** Left out of `--help`. */
  readonly hidden?: true;
  /** The value of a flag that is given without one: `--kills` is `--kills on`. */
  readonly bare?: string;
}

/** A flag or an argument. */
export interface Word<Shape extends z.ZodType = z.ZodType> extends More {
  readonly shape: Shape;
  readonly about: string;
}

/** Flags or arguments by name: `tokenFile` is `--token-file`. */
export type Words = Readonly<Record<string, Word>>;

type Value<One> = One extends Word<infer Shape> ? z.output<Shape> : never;

/** The options of a command: a value for each flag and argument, by its shape. */
export type OptionsOf<All> = {
  readonly [Name in keyof All as undefined extends Value<All[Name]> ? never : Name]: Value<All[Name]>;
} & {
  readonly [Name in keyof All as undefined extends Value<All[Name]> ? Name : never]?: Exclude<
    Value<All[Name]>,
    undefined
  >;
};

export interface Spec<Args extends Words, Flags extends Words> {
  /** One line in the list of commands. A command with a door has it there. */
  readonly about?: string;
  readonly args?: Args;
  readonly flags?: Flags;
  readonly rules?: readonly Rule<NoInfer<keyof Flags & string>>[];
  /** One command line each. */
  readonly examples: readonly string[];
  /** Exit statuses with a special meaning. */
  readonly statuses?: ExitMeanings;
  /** Text at the end of `--help`. */
  readonly notes?: string;
  readonly commands?: Readonly<Record<string, Command>>;
  /** For our own processes: not in `--help`. */
  readonly hidden?: boolean;
  readonly run?: (context: Context, options: OptionsOf<Args & Flags>) => void | Promise<void>;
}

/** A command as a door loads it. */
export type Command = Fill & { readonly hidden: boolean };

/** A flag: its shape, and its line in `--help`. */
export function flag<Shape extends z.ZodType>(shape: Shape, about: string, more: More = {}): Word<Shape> {
  return { ...more, shape, about };
}

/** An argument. One that may be left out has an optional shape; an array takes all that follow. */
export const argument = flag;

/** The same flags under a heading of `--help`. */
export function group<Flags extends Words>(heading: string, flags: Flags): Flags {
  const entries = Object.entries(flags).map(([name, one]) => [name, { ...one, group: heading }] as const);
  return Object.fromEntries(entries) as unknown as Flags;
}

/** A command from its table: the parser, typed options, faults, `--help` and the reference follow from it. */
export function command<Args extends Words = object & Words, Flags extends Words = object & Words>(
  spec: Spec<Args, Flags>,
): Command {
  const { about, commands = {}, hidden = false, run } = spec;
  const table: Table = { args: spec.args ?? {}, flags: spec.flags ?? {}, rules: spec.rules ?? [] };
  const fill: Fill = (parser, context) => {
    if (about !== undefined) parser.description(about);
    for (const [name, word] of Object.entries(table.args)) addArgument(parser, name, word);
    for (const [name, word] of Object.entries(table.flags)) addFlag(parser, name, word);
    const children = Object.entries(commands);
    for (const [name, child] of children) child(parser.command(name, { hidden: child.hidden }), context);
    if (children.length > 0 && children.every(([, child]) => child.hidden)) parser.usage('[options]');
    if (run !== undefined)
      parser.action(() => run(context, optionsOf(parser, table) as OptionsOf<Args & Flags>));
    withExamples(withStatuses(parser, spec.statuses ?? {}), spec.examples);
    if (spec.notes !== undefined) parser.addHelpText('after', spec.notes);
  };
  return Object.assign(fill, { hidden });
}

interface Table {
  readonly args: Words;
  readonly flags: Words;
  readonly rules: readonly Rule[];
}

/** The parts of a shape that a command line shows. */
interface Anatomy {
  readonly value: string;
  readonly choices: readonly string[] | null;
  readonly fallback: unknown;
  readonly isOptional: boolean;
  readonly isArray: boolean;
  readonly isBoolean: boolean;
  /** The shape of one value. */
  readonly one: z.ZodType;
}

/** Takes a shape apart; a default or `optional()` around it ends up in fields. */
export function anatomyOf(shape: z.ZodType): Anatomy {
  const def = shape.def as unknown as z.core.$ZodTypes['_zod']['def'];
  const inner = (of: unknown, changes: Partial<Anatomy>) => ({ ...anatomyOf(of as z.ZodType), ...changes });
  if (def.type === 'optional') return inner(def.innerType, { isOptional: true });
  if (def.type === 'default' || def.type === 'prefault')
    return inner(def.innerType, { isOptional: true, fallback: def.defaultValue });
  if (def.type === 'array') return inner(def.element, { isArray: true });
  return {
    value: String(shape.meta()?.value ?? 'value'),
    choices: def.type === 'enum' ? Object.values(def.entries).map(String) : null,
    fallback: undefined,
    isOptional: false,
    isArray: false,
    isBoolean: def.type === 'boolean',
    one: shape,
  };
}

function addArgument(parser: Parser, name: string, { shape, about }: Word): void {
  const { isOptional, isArray } = anatomyOf(shape);
  const word = `${wordOf(name)}${isArray ? '...' : ''}`;
  parser.argument(isOptional ? `[${word}]` : `<${word}>`, about);
}

/** The texts of a flag that was given. */
class Given {
  readonly texts: readonly string[];
  constructor(texts: readonly string[]) {
    this.texts = texts;
  }
}

function addFlag(parser: Parser, name: string, word: Word): void {
  const { value, choices, fallback, isOptional, isArray, isBoolean } = anatomyOf(word.shape);
  const taken = isBoolean ? '' : word.bare === undefined ? ` <${value}>` : ` [${value}]`;
  const option: Option = parser.createOption(`${longOf(name)}${taken}`, word.about);
  option.makeOptionMandatory(!isOptional).hideHelp(word.hidden === true);
  if (choices !== null) option.argChoices = [...choices];
  if (!isBoolean && !isArray) option.default(fallback);
  if (word.group !== undefined) option.helpGroup(word.group);
  if (isBoolean) option.preset('');
  option.argParser((text: string, before: unknown) => {
    const given = new Given([...(before instanceof Given ? before.texts : []), text]);
    // A wrong value is refused here, before a missing flag.
    readValue(`flag ${option.long}`, word.shape, given.texts, option.flags);
    return given;
  });
  parser.addOption(Object.assign(option, { complete: word.complete }));
}

/** The options of a command line, or a fault with every broken rule. */
function optionsOf(parser: Parser, { args, flags, rules }: Table): Readonly<Record<string, unknown>> {
  const given = new Set<string>();
  const found: [string, unknown][] = [];
  for (const [name, { shape, bare }] of Object.entries(flags)) {
    const texts = textsOf(parser, name, bare);
    if (texts.length > 0) given.add(name);
    found.push([name, readValue(`flag ${longOf(name)}`, shape, texts)]);
  }
  for (const [at, [name, { shape }]] of Object.entries(args).entries()) {
    const texts = (parser.processedArgs[at] ?? []) as string | readonly string[];
    found.push([name, readValue(`argument ${wordOf(name)}`, shape, [texts].flat())]);
  }
  const problems = rules.flatMap(({ check }) => check(given) ?? []);
  if (problems.length > 0) throw new Fault('usage', 'usage', problems);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** A command takes a flag that its parent knows as well: the parser gives it to the parent. */
function textsOf(parser: Parser | null, name: string, bare: string | undefined): readonly string[] {
  if (parser === null) return [];
  const given: unknown = parser.getOptionValue(name);
  const texts = given instanceof Given ? given.texts : given === true && bare !== undefined ? [bare] : [];
  return [...textsOf(parser.parent, name, bare), ...texts];
}

/** The value of these texts, or a fault that names the place and what to give. */
export function readValue<Shape extends z.ZodType>(
  where: string,
  shape: Shape,
  texts: readonly string[],
  name = where,
): z.output<Shape> {
  const { isArray, isBoolean, choices } = anatomyOf(shape);
  if (!isArray && texts.length > 1)
    throw usageFault(`${name} is given ${texts.length} times`, 'give it once', where);
  const [first] = texts;
  const one = isBoolean && first !== undefined ? true : first;
  const parsed = shape.safeParse(isArray && texts.length > 0 ? texts : one);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { remedy = 'see the help of the command' } = issue?.code === 'custom' ? (issue.params ?? {}) : {};
  if (choices === null) throw usageFault(issue?.message ?? '', String(remedy), where);
  const wrong = texts[Number(issue?.path[0] ?? 0)] ?? '';
  throw usageFault(`${name} cannot be "${wrong}"`, `give one of: ${choices.join(', ')}`, where);
}
